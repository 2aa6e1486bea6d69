import type { ApiReply } from '../api-client/send-request.ts';

/** What one upload came to. */
export type UploadOutcome =
  | { readonly kind: 'acknowledged'; readonly objectId: string }
  /** Certainly not stored: the request was turned down, the service is overloaded, or there was no connection. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Stored or not: no answer, or one of somebody who may not know. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Codes of a 503 that is given before anything is stored. */
const CERTAIN_CODES = ['overloaded', 'keys_unavailable'];
/** Of a request that found nobody to connect to. */
const NO_CONNECTION = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];

/** Reads an answer. Whatever is not known to be certain is unknown. */
export function outcomeOfReply(reply: ApiReply): UploadOutcome {
  const { status } = reply;
  if (status === 201) return { kind: 'acknowledged', objectId: (reply.json() as { objectId: string }).objectId };
  const code = codeOf(reply);
  const reason = code === undefined ? `${status}` : `${status} ${code}`;
  const isCertain = (status >= 400 && status < 500) || (status === 503 && CERTAIN_CODES.includes(code ?? ''));
  return { kind: isCertain ? 'refused' : 'unknown', reason };
}

/** Reads the error of a request that got no answer: the code of its innermost cause that has one says most. */
export function outcomeOfError(error: unknown): UploadOutcome {
  const reason = reasonOf(error) ?? String(error);
  return { kind: NO_CONNECTION.includes(reason) ? 'refused' : 'unknown', reason };
}

function reasonOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { name, code, cause } = error as { name?: string; code?: unknown; cause?: unknown };
  const ofCause = reasonOf(cause);
  if (ofCause !== undefined) return ofCause;
  if (typeof code === 'string') return code;
  return name === 'Error' || name === 'TypeError' ? undefined : name;
}

function codeOf({ headers, json }: ApiReply): string | undefined {
  if (!headers.get('content-type')?.includes('json')) return undefined;
  return (json() as { code?: string }).code;
}
