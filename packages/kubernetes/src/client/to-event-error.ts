import { ApiException } from '@kubernetes/client-node';
import { EventError, isEventError } from '@throughline/events';

/** The API server's answer that something is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiException && error.code === 404;
}

/** The API server's answer that somebody else changed the object since it was read. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiException && error.code === 409;
}

/** A failure of the client as ours. The client's own message has headers in it and stays out. */
export function toEventError(error: unknown, server: string): EventError {
  if (isEventError(error)) return error;
  if (!(error instanceof ApiException))
    return new EventError('CLUSTER_UNAVAILABLE', `${server} does not answer: ${reasonOf(error)}`, {
      retryable: true,
      cause: error,
    });
  const said = `${server} answers ${error.code}${messageOf(error.body)}`;
  // Too many requests and what servers and proxies say while they start pass; a refusal stays one.
  if (error.code === 429 || error.code >= 500) return new EventError('CLUSTER_UNAVAILABLE', said, { retryable: true });
  return new EventError('CLUSTER_REFUSED', said);
}

/** undici's fetch hides what went wrong in the cause of its error. */
function reasonOf(error: unknown): string {
  const { cause, message, name } = error as Error;
  if (name === 'TimeoutError') return 'no answer in time';
  const { code, message: reason } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ?? reason ?? message;
}

/** Of a Status, which comes parsed or as text. */
function messageOf(body: unknown): string {
  const { message } = (typeof body === 'string' ? parsed(body) : (body ?? {})) as { message?: unknown };
  return typeof message === 'string' ? `: ${message}` : '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
