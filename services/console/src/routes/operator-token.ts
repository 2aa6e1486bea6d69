import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem, type VerifyToken } from '@throughline/http';

/** Accepts the operations token, compared in constant time, as an operator. */
export function createOperatorVerifier(token: string): VerifyToken {
  const expected = digest(token);
  return async (given) => {
    if (timingSafeEqual(digest(given), expected)) return { userId: 'operator', roles: ['operator'], scopes: [] };
    throw new Problem({
      kind: 'unauthenticated',
      code: 'token_invalid',
      detail: 'The bearer token is not the operations token.',
    });
  };
}

/** Of equal length whatever was sent, as the comparison needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
