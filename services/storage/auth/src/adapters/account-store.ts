import type { Database, Queryable } from '@throughline/postgres';
import type { Account, Role } from '../domain/account.ts';

/** An account and what its password is compared with. */
export interface StoredAccount extends Account {
  readonly passwordHash: string;
}

export interface AccountStore {
  findByEmail(email: string): Promise<StoredAccount | undefined>;
  findById(userId: string): Promise<Account | undefined>;
  /** False when the address has an account already; nothing is changed then. */
  insert(queryable: Queryable, account: StoredAccount): Promise<boolean>;
  /** Gives an existing account these roles and this hash. */
  update(account: StoredAccount): Promise<void>;
}

interface AccountRow {
  readonly user_id: string;
  readonly email: string;
  readonly password_hash: string;
  readonly roles: Role[];
}

const COLUMNS = 'user_id, email, password_hash, roles';

export function createAccountStore({ database }: { database: Database }): AccountStore {
  const findWhere = async (condition: 'email = $1' | 'user_id = $1', value: string): Promise<StoredAccount | undefined> => {
    const [row] = await database.query<AccountRow>(`SELECT ${COLUMNS} FROM accounts WHERE ${condition}`, [value]);
    return row === undefined ? undefined : toAccount(row);
  };
  return {
    findByEmail: (email) => findWhere('email = $1', email),
    findById: (userId) => findWhere('user_id = $1', userId),
    async insert(queryable, { userId, email, passwordHash, roles }) {
      const inserted = await queryable.execute(
        `INSERT INTO accounts (${COLUMNS}) VALUES ($1, $2, $3, $4) ON CONFLICT (email) DO NOTHING`,
        [userId, email, passwordHash, roles],
      );
      return inserted === 1;
    },
    async update({ userId, passwordHash, roles }) {
      await database.execute('UPDATE accounts SET password_hash = $2, roles = $3, updated_at = now() WHERE user_id = $1', [
        userId,
        passwordHash,
        roles,
      ]);
    },
  };
}

function toAccount(row: AccountRow): StoredAccount {
  return { userId: row.user_id, email: row.email, passwordHash: row.password_hash, roles: row.roles };
}
