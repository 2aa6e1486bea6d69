export type Role = 'user' | 'admin';

/** Somebody who may log in. */
export interface Account {
  readonly userId: string;
  /** Lower case. */
  readonly email: string;
  readonly roles: readonly Role[];
}

const SCOPES_OF_ROLE: Readonly<Record<Role, readonly string[]>> = {
  user: ['storage:read', 'storage:write', 'orders:read', 'orders:write'],
  admin: ['admin'],
};

/** What an account with these roles may do; each scope once, in a stable order. */
export function scopesOf(roles: readonly Role[]): readonly string[] {
  return [...new Set(roles.flatMap((role) => SCOPES_OF_ROLE[role]))];
}

/** The form under which an address is stored and looked up: one account an address, whatever its case. */
export function normaliseEmail(email: string): string {
  return email.toLowerCase();
}

/** The same password typed on two keyboards is the same text (NIST SP 800-63B, 5.1.1.2). */
export function normalisePassword(password: string): string {
  return password.normalize('NFKC');
}
