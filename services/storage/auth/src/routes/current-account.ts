import { defineRoute, Problem, type Route } from '@throughline/http';
import { Type } from 'typebox';
import type { AccountStore } from '../adapters/account-store.ts';

const ACCOUNT = Type.Object({ userId: Type.String({ format: 'uuid' }), email: Type.String(), roles: Type.Array(Type.String()) });

/** `GET /storage/auth/me` */
export function currentAccountRoute({ accounts }: { accounts: AccountStore }): Route {
  return defineRoute({
    method: 'GET',
    path: '/storage/auth/me',
    operationId: 'getCurrentAccount',
    summary: "The token's account",
    auth: 'required',
    responses: { 200: { description: 'The account', schema: ACCOUNT }, 404: { description: '`account_not_found`' } },
    async handler({ requirePrincipal }) {
      const account = await accounts.findById(requirePrincipal().userId);
      if (account === undefined) {
        throw new Problem({ kind: 'not-found', code: 'account_not_found', detail: 'The account of this token does not exist.' });
      }
      return { status: 200, body: { userId: account.userId, email: account.email, roles: account.roles } };
    },
  });
}
