import { randomUUID } from 'node:crypto';
import type { Database } from '@throughline/postgres';
import { normaliseEmail, type Role } from '../domain/account.ts';
import type { AccountStore } from './account-store.ts';
import type { PasswordHasher } from './password-hasher.ts';

const ADMINISTRATOR_ROLES: readonly Role[] = ['user', 'admin'];

/**
 * Makes the administrator's account, or gives the existing account of that address the role and the configured password.
 * The stored hash is replaced only where it does not verify, so that a restart writes nothing. Safe when replicas start together.
 */
export async function ensureAdministrator(
  credentials: { email: string; password: string },
  { database, accounts, hasher }: { database: Database; accounts: AccountStore; hasher: PasswordHasher },
): Promise<void> {
  const email = normaliseEmail(credentials.email);
  const existing = await accounts.findByEmail(email);
  if (existing !== undefined) {
    const isPasswordCurrent = await hasher.verify(existing.passwordHash, credentials.password);
    const isAdministrator = ADMINISTRATOR_ROLES.every((role) => existing.roles.includes(role));
    if (isPasswordCurrent && isAdministrator) return;
    const passwordHash = isPasswordCurrent ? existing.passwordHash : await hasher.hash(credentials.password);
    return accounts.update({ ...existing, passwordHash, roles: ADMINISTRATOR_ROLES });
  }
  const account = {
    userId: randomUUID(),
    email,
    passwordHash: await hasher.hash(credentials.password),
    roles: ADMINISTRATOR_ROLES,
  };
  const isInserted = await accounts.insert(database, account);
  // Another replica, or a registration, was first: that account becomes the administrator's.
  if (!isInserted) await ensureAdministrator(credentials, { database, accounts, hasher });
}
