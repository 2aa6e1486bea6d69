import type { IncomingMessage } from 'node:http';

/** Whether the client waits for `100 Continue` before it sends the body. HTTP/1.0 knows no interim answers; its `Expect` does not count (RFC 9110 §10.1.1). */
export function isContinueAwaited({ headers, httpVersionMajor, httpVersionMinor }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue' && httpVersionMajor === 1 && httpVersionMinor > 0;
}
