import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { type Account, scopesOf } from '../domain/account.ts';
import { SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts';

/** The audience of every token: all systems of an installation trust the same issuer. */
export const TOKEN_AUDIENCE = 'throughline';

export interface AccessToken {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface AccessTokens {
  /** A signed token (RFC 7519) that names the account, its roles and its scopes. */
  issue(account: Account): Promise<AccessToken>;
}

export interface AccessTokensOptions {
  readonly keys: SigningKeys;
  readonly issuer: string;
  readonly tokenLifetimeMs: number;
  /** Milliseconds since the epoch. (Default: Date.now) */
  readonly clock?: () => number;
}

export function createAccessTokens({ keys, issuer, tokenLifetimeMs, clock = Date.now }: AccessTokensOptions): AccessTokens {
  const lifetimeSeconds = Math.floor(tokenLifetimeMs / 1000);
  return {
    async issue(account) {
      const { kid, privateKey } = await keys.current();
      const issuedAt = Math.floor(clock() / 1000);
      const accessToken = await new SignJWT({
        email: account.email,
        roles: [...account.roles],
        scope: scopesOf(account.roles).join(' '),
      })
        .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(TOKEN_AUDIENCE)
        .setSubject(account.userId)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(privateKey);
      return { accessToken, expiresIn: lifetimeSeconds };
    },
  };
}
