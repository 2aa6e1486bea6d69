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

/** Sends one request and reads the whole answer, whatever its status. @throws when no answer came in time. */
export async function sendRequest(baseUrl: string, request: ApiRequest): Promise<ApiReply> {
  const url = new URL(request.path, baseUrl);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const body = request.json === undefined ? request.bytes : JSON.stringify(request.json);
  const response = await fetch(url, {
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
