import { defineRoute, type Route } from '@throughline/http';
import { Type } from 'typebox';
import type { SigningKeys } from '../adapters/signing-keys.ts';

const JWK = Type.Object({
  kty: Type.String(),
  crv: Type.String(),
  x: Type.String(),
  y: Type.String(),
  kid: Type.String(),
  alg: Type.String(),
  use: Type.String(),
});

/** `GET /storage/auth/.well-known/jwks.json`; `maxAgeMs` is how long a verifier may keep the answer. */
export function keySetRoute({ keys, maxAgeMs }: { keys: SigningKeys; maxAgeMs: number }): Route {
  return defineRoute({
    method: 'GET',
    path: '/storage/auth/.well-known/jwks.json',
    operationId: 'getKeySet',
    summary: 'Public keys that tokens are verified with (RFC 7517)',
    auth: 'none',
    responses: { 200: { description: 'The key set', schema: Type.Object({ keys: Type.Array(JWK) }) } },
    handler: async () => ({
      status: 200,
      body: { keys: await keys.published() },
      headers: { 'cache-control': `public, max-age=${Math.floor(maxAgeMs / 1000)}` },
    }),
  });
}
