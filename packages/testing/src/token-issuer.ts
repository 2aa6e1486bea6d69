import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ISSUER = 'http://issuer.test';

/** Stands for the service that issues tokens: signs them, and serves the key they are checked with. */
export interface TokenIssuer {
  /** For a service that is to believe its tokens. */
  readonly environment: { readonly AUTH_ISSUER: string; readonly AUTH_JWKS_URL: string };
  /** @param claims in place of the usual ones, or beside them */
  tokenFor(userId: string, claims?: Readonly<Record<string, unknown>>): string;
  close(): void;
}

/** @param scope of its tokens, unless a token's claims say otherwise: scopes with spaces between */
export async function startTokenIssuer(scope: string): Promise<TokenIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'ES256', use: 'sig' };
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    environment: { AUTH_ISSUER: ISSUER, AUTH_JWKS_URL: `http://127.0.0.1:${port}/jwks.json` },
    tokenFor: (userId, claims = {}) => {
      const iat = Math.floor(Date.now() / 1_000);
      const usual = { iss: ISSUER, aud: 'throughline', sub: userId, roles: ['user'], scope, iat, exp: iat + 600 };
      const signed = [
        { alg: 'ES256', kid: 'test' },
        { ...usual, ...claims },
      ]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
    close: () => server.close(),
  };
}
