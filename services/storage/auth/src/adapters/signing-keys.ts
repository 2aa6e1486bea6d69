import type { Database, Queryable, Transaction } from '@throughline/postgres';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, importPKCS8, type JWK } from 'jose';
import { type KeyPeriod, MAX_PUBLISHED_KEYS, nextActivation, publishedKeysAt, signingKeyAt } from '../domain/key-schedule.ts';
import type { KeyCipher } from './key-cipher.ts';

/** The algorithm of every key: ECDSA with P-256 and SHA-256 (RFC 7518). */
export const SIGNING_ALGORITHM = 'ES256';

/** The private half of a key that signs. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}

/** The issuer's keys, the same in every replica: each question is answered from the database. */
export interface SigningKeys {
  /** Makes the first key when there is none. @throws {Error} when the present key cannot be opened with the configured secret. */
  ensureKey(): Promise<void>;
  /** Adds a key: published at once, signing after the activation delay. Undefined when too many are published. */
  rotate(): Promise<KeyPeriod | undefined>;
  /** The key that signs now. */
  current(): Promise<SigningKey>;
  /** Public halves, as RFC 7517 writes them, of every key that a valid token may name. */
  published(): Promise<readonly JWK[]>;
}

export interface SigningKeysOptions {
  readonly database: Database;
  readonly cipher: KeyCipher;
  /** Milliseconds from a key's publication to its first signature: as long as verifiers may cache the key set. */
  readonly activationDelayMs: number;
  readonly tokenLifetimeMs: number;
  /** Milliseconds since the epoch. (Default: Date.now) */
  readonly clock?: () => number;
}

interface KeyRow extends KeyPeriod {
  readonly publicJwk: JWK;
  readonly encryptedPrivateKey: Buffer;
}

export function createSigningKeys(options: SigningKeysOptions): SigningKeys {
  const { database, cipher, activationDelayMs, tokenLifetimeMs, clock = Date.now } = options;
  let opened: SigningKey | undefined;

  const current = async (): Promise<SigningKey> => {
    const row = signingKeyAt(await readKeys(database), clock());
    if (row === undefined) throw new Error('there is no active signing key');
    if (opened?.kid !== row.kid) opened = await openKey(row, cipher);
    return opened;
  };
  const add = async (tx: Transaction, keys: readonly KeyRow[]): Promise<KeyPeriod> => {
    const activeFromMs = nextActivation(keys, { nowMs: clock(), delayMs: activationDelayMs });
    return insertKey(tx, { cipher, activeFromMs });
  };

  return {
    current,
    async ensureKey() {
      await exclusively(database, async (tx) => {
        const keys = await readKeys(tx);
        if (keys.length === 0) await add(tx, keys);
      });
      await current();
    },
    rotate: () =>
      exclusively(database, async (tx) => {
        const keys = await readKeys(tx);
        const kept = publishedKeysAt(keys, { nowMs: clock(), tokenLifetimeMs });
        if (kept.length >= MAX_PUBLISHED_KEYS) return undefined;
        await tx.execute('DELETE FROM signing_keys WHERE kid <> ALL ($1)', [kept.map((key) => key.kid)]);
        return add(tx, kept);
      }),
    async published() {
      const keys = publishedKeysAt(await readKeys(database), { nowMs: clock(), tokenLifetimeMs });
      return keys.map((key) => key.publicJwk);
    },
  };
}

/** One replica at a time decides over keys; the lock ends with the transaction. */
function exclusively<Result>(database: Database, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  return database.transaction(async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('signing_keys', 0))");
    return work(tx);
  });
}

async function readKeys(queryable: Queryable): Promise<readonly KeyRow[]> {
  const rows = await queryable.query<{ kid: string; public_jwk: JWK; encrypted_private_key: Buffer; active_from: Date }>(
    'SELECT kid, public_jwk, encrypted_private_key, active_from FROM signing_keys',
  );
  return rows.map((row) => ({
    kid: row.kid,
    publicJwk: row.public_jwk,
    encryptedPrivateKey: row.encrypted_private_key,
    activeFromMs: row.active_from.getTime(),
  }));
}

async function insertKey(
  tx: Transaction,
  { cipher, activeFromMs }: { cipher: KeyCipher; activeFromMs: number },
): Promise<KeyPeriod> {
  const pair = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const jwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  const sealed = cipher.seal(await exportPKCS8(pair.privateKey), kid);
  await tx.execute('INSERT INTO signing_keys (kid, public_jwk, encrypted_private_key, active_from) VALUES ($1, $2, $3, $4)', [
    kid,
    { ...jwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' },
    sealed,
    new Date(activeFromMs),
  ]);
  return { kid, activeFromMs };
}

async function openKey(row: KeyRow, cipher: KeyCipher): Promise<SigningKey> {
  let pem: string;
  try {
    pem = cipher.open(row.encryptedPrivateKey, row.kid);
  } catch (cause) {
    throw new Error(`KEY_ENCRYPTION_SECRET does not open signing key ${row.kid}: it was sealed under another secret`, { cause });
  }
  return { kid: row.kid, privateKey: await importPKCS8(pem, SIGNING_ALGORITHM) };
}
