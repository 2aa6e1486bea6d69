/** One HTTP request to the API behind the edge. */
export interface ApiRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Beginning with `/`; segments already percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** (Default: 30 000) */
  readonly timeoutMs?: number;
}

/** What came back, read whole. */
export interface ApiReply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** The body parsed when it is JSON. @throws {SyntaxError} when it is not. */
  // biome-ignore lint/suspicious/noExplicitAny: callers know the operation's answer
  json(): any;
}

/** Sends one request and reads the whole answer, whatever its status. @throws {Error} that names the request and why no answer came. */
export async function sendRequest(baseUrl: string, request: ApiRequest): Promise<ApiReply> {
  const url = new URL(request.path, baseUrl);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const body = request.json === undefined ? request.bytes : JSON.stringify(request.json);
  const response = await fetchOrExplain(url, {
    method: request.method,
    headers: {
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
      ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(request.timeoutMs ?? 30_000),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, json: () => JSON.parse(new TextDecoder().decode(bytes)) };
}

/** What fetch itself says is "fetch failed". */
async function fetchOrExplain(url: URL, init: RequestInit & { method: string }): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message || cause.name : message;
    throw new Error(`${init.method} ${url} got no answer: ${why}`, { cause: error });
  }
}
