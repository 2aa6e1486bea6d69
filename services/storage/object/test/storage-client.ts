type Body = NonNullable<RequestInit['body']>;

/** Requests of one user; without a user they carry no token. */
export function clientOf(url: string, userId?: string) {
  const authorization = userId === undefined ? {} : { authorization: `Bearer ${userId}` };
  const call = async (method: string, path: string, options: { headers?: Record<string, string>; body?: Body } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...authorization, ...options.headers },
      body: options.body ?? null,
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes, json: () => JSON.parse(bytes.toString()) };
  };
  return {
    call,
    get: (path: string, headers?: Record<string, string>) => call('GET', path, headers && { headers }),
    put: (path: string, body: Body, headers?: Record<string, string>) => call('PUT', path, { body, ...(headers && { headers }) }),
    patch: (path: string, body: unknown, headers?: Record<string, string>) =>
      call('PATCH', path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }),
    delete: (path: string, headers?: Record<string, string>) => call('DELETE', path, headers && { headers }),
    post: (path: string, form: FormData, headers?: Record<string, string>) =>
      call('POST', path, { body: form, ...(headers && { headers }) }),
  };
}
