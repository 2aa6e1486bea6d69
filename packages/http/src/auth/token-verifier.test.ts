import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createTokenVerifier } from './token-verifier.ts';

const issuer = 'http://issuer.test';
const audience = 'throughline';
const own = await generateKeyPair('ES256');
const foreign = await generateKeyPair('ES256');

let server: Server;
let jwksUrl: string;
let fetches = 0;

beforeAll(async () => {
  const keys = [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }];
  server = createServer((_request, response) => {
    fetches += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
});

afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

interface TokenOptions {
  readonly key?: Parameters<SignJWT['sign']>[0];
  readonly kid?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expiresInS?: number;
}

function sign(options: TokenOptions = {}): Promise<string> {
  const nowS = Math.floor(Date.now() / 1000);
  return new SignJWT({ roles: ['user'], scope: 'storage:read storage:write' })
    .setProtectedHeader({ alg: 'ES256', kid: options.kid ?? 'k1' })
    .setIssuer(options.issuer ?? issuer)
    .setAudience(options.audience ?? audience)
    .setSubject('user-1')
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + (options.expiresInS ?? 60))
    .sign(options.key ?? own.privateKey);
}

function unsigned(): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ iss: issuer, aud: audience, sub: 'user-1', exp: 9_999_999_999 })}.`;
}

describe('createTokenVerifier', () => {
  it('gives the principal of a valid token and remembers it', async () => {
    const verify = createTokenVerifier({ issuer, audience, jwksUrl });
    const token = await sign();
    const before = fetches;
    expect(await verify(token)).toEqual({ userId: 'user-1', roles: ['user'], scopes: ['storage:read', 'storage:write'] });
    expect(await verify(token)).toBe(await verify(token));
    expect(fetches - before).toBe(1);
  });

  it.each<[string, () => Promise<string> | string, string]>([
    ['signed by somebody else', () => sign({ key: foreign.privateKey }), 'token_invalid'],
    ['with an unknown key', () => sign({ kid: 'k2' }), 'token_invalid'],
    ['of another issuer', () => sign({ issuer: 'http://other.test' }), 'token_invalid'],
    ['for another audience', () => sign({ audience: 'other' }), 'token_invalid'],
    ['that is no token', () => 'abc', 'token_invalid'],
    ['without signature', unsigned, 'token_invalid'],
    ['that has expired', () => sign({ expiresInS: -60 }), 'token_expired'],
  ])('refuses a token %s', async (_case, make, code) => {
    const verify = createTokenVerifier({ issuer, audience, jwksUrl });
    await expect(verify(await make())).rejects.toMatchObject({ kind: 'unauthenticated', code });
  });

  it('refuses a remembered token once it expires', async () => {
    let nowMs = Date.now();
    const verify = createTokenVerifier({ issuer, audience, jwksUrl, clock: () => nowMs });
    const token = await sign();
    await verify(token);
    nowMs += 70_000;
    await expect(verify(token)).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('says 503 and not 401 while the keys cannot be read', async () => {
    const verify = createTokenVerifier({ issuer, audience, jwksUrl: 'http://127.0.0.1:9/jwks.json' });
    await expect(verify(await sign())).rejects.toMatchObject({ kind: 'unavailable', code: 'keys_unavailable' });
  });
});
