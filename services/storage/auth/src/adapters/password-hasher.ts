import { randomBytes } from 'node:crypto';
import { type Algorithm, hash, type Options, verify } from '@node-rs/argon2';
import { normalisePassword } from '../domain/account.ts';

/** One-way, slow on purpose; each call takes 19 MiB for its duration, so callers bound how many run at once. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** False for a wrong password, and, after the same work, when there is no hash because there is no account. */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>;
}

/** `Algorithm.Argon2id`; the enum is ambient and const, so its value stands here. */
const ARGON2ID = 2 as Algorithm;

/** OWASP's second choice for argon2id: 19 MiB, 2 passes, 1 lane (Password Storage Cheat Sheet). */
const PARAMETERS: Options = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Makes the hash that unknown accounts are compared with, so that answers for them take as long as a wrong password's. */
export async function createPasswordHasher(): Promise<PasswordHasher> {
  const decoy = await hash(randomBytes(32), PARAMETERS);
  return {
    hash: (password) => hash(normalisePassword(password), PARAMETERS),
    async verify(passwordHash, password) {
      const isRight = await verify(passwordHash ?? decoy, normalisePassword(password));
      return isRight && passwordHash !== undefined;
    },
  };
}
