import { randomUUID } from 'node:crypto';
import { type Answer, defineRoute, Problem, type Route } from '@throughline/http';
import type { Database } from '@throughline/postgres';
import { Type } from 'typebox';
import type { AccountStore } from '../adapters/account-store.ts';
import type { PasswordHasher } from '../adapters/password-hasher.ts';
import type { RegistrationLimiter } from '../adapters/registration-limiter.ts';
import type { Slots } from '../adapters/slots.ts';
import { normaliseEmail, type Role } from '../domain/account.ts';
import { REGISTRATION } from './credentials-schema.ts';
import { inSlot } from './in-slot.ts';

export interface RegisterOptions {
  readonly database: Database;
  readonly accounts: AccountStore;
  readonly hasher: PasswordHasher;
  readonly slots: Slots;
  readonly limiter: RegistrationLimiter;
}

const NEW_ACCOUNT_ROLES: readonly Role[] = ['user'];

/** `POST /storage/auth/register` */
export function registerRoute({ database, accounts, hasher, slots, limiter }: RegisterOptions): Route {
  return defineRoute({
    method: 'POST',
    path: '/storage/auth/register',
    operationId: 'register',
    summary: 'Make an account',
    auth: 'none',
    idempotent: true,
    hasSecretBody: true,
    admit: ({ clientAddress }) => limiter.count(clientAddress),
    bodySchema: REGISTRATION,
    responses: {
      201: { description: 'The account', schema: Type.Object({ userId: Type.String({ format: 'uuid' }), email: Type.String() }) },
      409: { description: '`email_taken`: the address has an account' },
      429: { description: '`too_many_registrations` from one address' },
    },
    async handler({ body, idempotency }) {
      const email = normaliseEmail(body.email);
      if ((await accounts.findByEmail(email)) !== undefined) throw emailTaken();
      const passwordHash = await inSlot(slots, () => hasher.hash(body.password));
      const account = { userId: randomUUID(), email, passwordHash, roles: NEW_ACCOUNT_ROLES };
      const answer: Answer = { status: 201, body: { userId: account.userId, email } };
      await database.transaction(async (tx) => {
        if (!(await accounts.insert(tx, account))) throw emailTaken();
        await idempotency?.complete(answer, tx);
      });
      return answer;
    },
  });
}

function emailTaken(): Problem {
  return new Problem({ kind: 'conflict', code: 'email_taken', detail: 'An account with this e-mail address exists.' });
}
