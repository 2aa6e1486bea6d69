import { randomUUID } from 'node:crypto';
import type { Queryable } from './database/database.ts';

export interface LeaseOptions {
  readonly database: Queryable;
  /** What is held; one owner of each name at a time. */
  readonly name: string;
  /** After so long without `hold` another may have it, milliseconds. */
  readonly leaseMs: number;
}

/** A right that one replica has at a time. */
export interface Lease {
  /** Takes or extends it. False: another replica has it. */
  hold(): Promise<boolean>;
  /** Another may have it at once; where the database is away it runs out by itself. */
  release(): Promise<void>;
}

export function createLease({ database, name, leaseMs }: LeaseOptions): Lease {
  const owner = randomUUID();
  return {
    hold: async () => (await database.execute(HOLD, [name, owner, leaseMs])) === 1,
    release: async () => {
      await database.execute('DELETE FROM backbone_leases WHERE name = $1 AND owner = $2', [name, owner]).catch(() => {});
    },
  };
}

const HOLD = `
  INSERT INTO backbone_leases (name, owner, expires_at) VALUES ($1, $2, now() + $3 * interval '1 ms')
  ON CONFLICT (name) DO UPDATE SET owner = EXCLUDED.owner, expires_at = EXCLUDED.expires_at
  WHERE backbone_leases.owner = EXCLUDED.owner OR backbone_leases.expires_at < now()`;
