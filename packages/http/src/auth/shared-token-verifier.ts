import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from '../problems/problem.ts';
import type { VerifyToken } from './principal.ts';

/** One bearer token for everybody who may, compared in constant time. */
export function createSharedTokenVerifier(token: string): VerifyToken {
  const expected = digest(token);
  return async (given) => {
    if (timingSafeEqual(digest(given), expected)) return { userId: 'operator', roles: [], scopes: [] };
    throw new Problem({ kind: 'unauthenticated', code: 'token_invalid', detail: 'The token is not valid.' });
  };
}

/** Of equal length whatever was sent, as the comparison needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
