import type { IncomingMessage } from 'node:http';
import { Problem } from '../problems/problem.ts';
import type { Route } from '../routing/route.ts';
import type { Principal, VerifyToken } from './principal.ts';

/**
 * Who calls, as far as the route asks. Undefined where the route does not look, or an `optional` token is missing.
 * @throws {Problem} 401 `token_missing` | `token_invalid` | `token_expired`, 403 `scope_missing`, 503 `keys_unavailable`.
 */
export async function authenticate(
  route: Route,
  request: IncomingMessage,
  verifyToken: VerifyToken | undefined,
): Promise<Principal | undefined> {
  if (route.auth === 'none' || verifyToken === undefined) return undefined;
  const token = bearerToken(request.headers.authorization);
  if (token === undefined) {
    if (route.auth === 'optional') return undefined;
    throw unauthenticated();
  }
  const principal = await verifyToken(token);
  const missing = (route.scopes ?? []).filter((scope) => !principal.scopes.includes(scope));
  if (missing.length > 0) throw scopeMissing(missing);
  return principal;
}

/** 401 for a request without a token. */
export function unauthenticated(): Problem {
  return new Problem({
    kind: 'unauthenticated',
    code: 'token_missing',
    detail: 'This operation needs a bearer token in the Authorization header.',
  });
}

function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const token = /^bearer +([\w.~+/-]+=*) *$/i.exec(header)?.[1];
  if (token !== undefined) return token;
  throw new Problem({
    kind: 'unauthenticated',
    code: 'token_invalid',
    detail: 'The Authorization header does not hold a bearer token.',
    headers: { 'www-authenticate': 'Bearer realm="throughline", error="invalid_request"' },
  });
}

function scopeMissing(scopes: readonly string[]): Problem {
  return new Problem({
    kind: 'forbidden',
    code: 'scope_missing',
    detail: `The token lacks the scope ${scopes.join(', ')}.`,
    headers: { 'www-authenticate': `Bearer realm="throughline", error="insufficient_scope", scope="${scopes.join(' ')}"` },
  });
}
