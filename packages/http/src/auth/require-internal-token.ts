import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Problem } from '../problems/problem.ts';

/**
 * A guard for routes that other services call: the handler hands it its context first.
 * @throws {Problem} 401 `internal_token_invalid` unless the header `x-internal-token` holds the token, compared in constant time.
 */
export function requireInternalToken(token: string): (context: { readonly request: IncomingMessage }) => void {
  const expected = digest(token);
  return ({ request }) => {
    const given = request.headers['x-internal-token'];
    if (typeof given === 'string' && timingSafeEqual(digest(given), expected)) return;
    throw new Problem({
      kind: 'unauthenticated',
      code: 'internal_token_invalid',
      detail: 'This operation is for other services.',
    });
  };
}

/** Of equal length whatever was sent, as the comparison needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
