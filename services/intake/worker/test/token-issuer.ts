import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Whose tokens the worker believes. */
export interface TokenIssuer {
  readonly environment: { readonly AUTH_ISSUER: string; readonly AUTH_JWKS_URL: string };
  tokenFor(userId: string, scope?: string): string;
  close(): void;
}

const ISSUER = 'http://issuer.test';

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'ES256', use: 'sig' };
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    environment: { AUTH_ISSUER: ISSUER, AUTH_JWKS_URL: `http://127.0.0.1:${port}/jwks.json` },
    tokenFor: (userId, scope = 'orders:read') => {
      const iat = Math.floor(Date.now() / 1_000);
      const claims = { iss: ISSUER, aud: 'throughline', sub: userId, roles: ['user'], scope, iat, exp: iat + 600 };
      const signed = [{ alg: 'ES256', kid: 'test' }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
    close: () => server.close(),
  };
}
