import { CliError } from '../cli-error.ts';

export interface OperationsClientOptions {
  /** Goes into the audit of what is decided. */
  readonly operator: string;
  /** For a whole answer. */
  readonly timeoutMs: number;
}

export interface ClientRequest {
  readonly method?: 'GET' | 'POST';
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
}

/** Where to ask, and as whom. */
export interface Endpoint {
  /** Without a trailing slash. */
  readonly url: string;
  readonly token: string | undefined;
}

export interface ClientAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Asks one address; every status is an answer. */
export interface OperationsClient {
  /** @throws {CliError} `UNREACHABLE` without an answer in time, `REFUSED` when the token is not accepted or the answer is not JSON */
  ask(endpoint: Endpoint, path: string, request?: ClientRequest): Promise<ClientAnswer>;
}

export function createOperationsClient(options: OperationsClientOptions): OperationsClient {
  return {
    async ask(endpoint, path, { method = 'GET', query = {}, body } = {}) {
      const url = new URL(endpoint.url + path);
      for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
      const headers: Record<string, string> = { accept: 'application/json', 'x-operator': headerText(options.operator) };
      if (endpoint.token !== undefined) headers.authorization = `Bearer ${endpoint.token}`;
      if (body !== undefined) headers['content-type'] = 'application/json';
      const signal = AbortSignal.timeout(options.timeoutMs);
      const { status, text } = await receive(url, options, {
        method,
        headers,
        signal,
        redirect: 'error',
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (status === 401 || status === 403) throw new CliError('REFUSED', `${url.origin} does not accept the token (${status})`);
      return { status, body: parse(url, status, text) };
    },
  };
}

/** Headers carry printable ASCII. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

async function receive(url: URL, { timeoutMs }: OperationsClientOptions, init: RequestInit) {
  try {
    const response = await fetch(url, init);
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    const isLate = (cause as Error).name === 'TimeoutError';
    const reason = isLate ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause);
    throw new CliError('UNREACHABLE', `${url.origin}: ${reason}`, { cause });
  }
}

/** fetch hides what went wrong in the cause of its error. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code, message: reason } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ?? reason ?? message;
}

function parse(url: URL, status: number, text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (status >= 400) return undefined;
    throw new CliError('REFUSED', `${url.origin}${url.pathname} answers ${status} with something that is not JSON`, { cause });
  }
}
