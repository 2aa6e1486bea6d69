import { defineRoute, Problem, type Route } from '@throughline/http';
import { Type } from 'typebox';
import type { AccessTokens } from '../adapters/access-tokens.ts';
import type { AccountStore, StoredAccount } from '../adapters/account-store.ts';
import type { LoginLimiter } from '../adapters/login-limiter.ts';
import type { PasswordHasher } from '../adapters/password-hasher.ts';
import type { Slots } from '../adapters/slots.ts';
import { normaliseEmail } from '../domain/account.ts';
import { LOGIN } from './credentials-schema.ts';
import { inSlot } from './in-slot.ts';

export interface LoginOptions {
  readonly accounts: AccountStore;
  readonly hasher: PasswordHasher;
  readonly slots: Slots;
  readonly limiter: LoginLimiter;
  readonly tokens: AccessTokens;
}

const ACCESS_TOKEN = Type.Object({
  accessToken: Type.String({ description: 'JWT, ES256' }),
  tokenType: Type.Literal('Bearer'),
  expiresIn: Type.Integer({ description: 'Seconds' }),
});

/** `POST /storage/auth/login` */
export function loginRoute(options: LoginOptions): Route {
  return defineRoute({
    method: 'POST',
    path: '/storage/auth/login',
    operationId: 'login',
    summary: 'Exchange credentials for an access token',
    auth: 'none',
    bodySchema: LOGIN,
    responses: {
      200: { description: 'A token', schema: ACCESS_TOKEN },
      401: { description: '`invalid_credentials`: no such account or another password' },
      429: { description: '`too_many_logins`: failed attempts on this account or from this address' },
    },
    async handler({ body, clientAddress }) {
      const account = await verifyCredentials(options, { ...body, address: clientAddress });
      const { accessToken, expiresIn } = await options.tokens.issue(account);
      return { status: 200, body: { accessToken, tokenType: 'Bearer', expiresIn }, headers: { 'cache-control': 'no-store' } };
    },
  });
}

interface Attempt {
  readonly email: string;
  readonly password: string;
  readonly address: string;
}

async function verifyCredentials({ accounts, hasher, slots, limiter }: LoginOptions, attempt: Attempt): Promise<StoredAccount> {
  const email = normaliseEmail(attempt.email);
  const caller = { email, address: attempt.address };
  const account = await accounts.findByEmail(email);
  // The limit is looked at inside the slot: of a burst of guesses no more get through than there are slots beyond it.
  const isRight = await inSlot(slots, async () => {
    await limiter.refuseIfExhausted(caller);
    const isVerified = await hasher.verify(account?.passwordHash, attempt.password);
    if (!isVerified) await limiter.countFailure(caller);
    return isVerified;
  });
  if (account !== undefined && isRight) return account;
  throw new Problem({
    kind: 'unauthenticated',
    code: 'invalid_credentials',
    detail: 'The e-mail address and the password do not belong together.',
  });
}
