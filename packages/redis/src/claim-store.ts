import { randomUUID } from 'node:crypto';
import type { Claim, ClaimResult, ClaimStore, DedupKey } from '@throughline/messaging';
import { METRICS, type Metrics } from '@throughline/telemetry';
import { defineClaimScripts } from './claim-scripts.ts';
import type { RedisConnection } from './create-redis.ts';

export interface ClaimStoreOptions {
  readonly redis: RedisConnection;
  /** The database's incarnation id: a database that was reset or restored does not believe what Redis remembers of the former one. */
  readonly incarnation: string;
  readonly metrics: Metrics;
  /** How long a claim holds without being renewed, milliseconds; what a killed process had in work waits that long. (Default: 10 000) */
  readonly leaseMs?: number;
  /** How long Redis remembers that an event is done, milliseconds; later Postgres alone knows. About 150 bytes an event. (Default: 10 minutes) */
  readonly doneTtlMs?: number;
}

/** Attempts of an event are forgotten this long after its last claim; longer than the longest ordinary retry delay. */
const ATTEMPTS_TTL_MS = 24 * 60 * 60 * 1_000;
/** Keys a call: a script holds up everybody else for its time, and Lua can spread no more than some thousands. */
const KEYS_PER_CALL = 512;

/**
 * Claims in Redis: one value an event, `dedup:<incarnation>:<group>:<source>:<id>`; see the scripts. Many go in one round trip, so they must be on one node: a Redis Cluster is not supported.
 * Where Redis does not answer, each claim is `unavailable`, `renew` says that nothing speaks against a claim, and the others leave it to the lease's end.
 */
export function createClaimStore(options: ClaimStoreOptions): ClaimStore {
  const { leaseMs = 10_000, doneTtlMs = 10 * 60 * 1_000 } = options;
  const scripts = defineClaimScripts(options.redis);
  const orElse = withFallback(options.metrics);
  const namesOf = createNaming(options.incarnation);
  const ttlMs = Math.max(ATTEMPTS_TTL_MS, leaseMs);

  const claimChunk = (keys: readonly DedupKey[]): Promise<readonly ClaimResult[]> => {
    const token = randomUUID();
    return orElse({
      operation: 'claim',
      of: keys,
      run: async () => {
        const answers = await scripts.claim(namesOf(keys), token, leaseMs, ttlMs);
        return answers.map((answer) => toClaimResult(token, answer));
      },
      fallback: (cause) => keys.map(() => ({ outcome: 'unavailable', cause })),
    });
  };
  /** Runs a script about claims of one token; where Redis fails it says nothing. */
  const tell = (operation: Operation, claims: readonly Claim[], args: readonly (string | number)[]) =>
    orElse<readonly number[]>({
      operation,
      of: claims,
      run: () => scripts[operation](namesOf(claims.map(({ key }) => key)), ...args),
      fallback: () => [],
    });
  const tellEach = async (operation: Operation, claims: readonly Claim[], args: readonly (string | number)[]) => {
    await byToken(claims, (token, ofToken) => inChunks(ofToken, (chunk) => tell(operation, chunk, [token, ...args])));
  };
  return {
    leaseMs,
    claim: (keys) => inChunks(keys, claimChunk),
    renew: (claims) =>
      byToken(claims, (token, ofToken) =>
        inChunks(ofToken, async (chunk) => {
          const isRenewed = await tell('renew', chunk, [token, leaseMs, ttlMs]);
          return chunk.filter((_, index) => isRenewed[index] === 0);
        }),
      ),
    confirm: (claims) => tellEach('confirm', claims, [doneTtlMs]),
    release: (claims, attempt = 'counted') => tellEach('release', claims, [attempt, ttlMs]),
    forgetAttempts: async (keys) => {
      const claims = keys.map((key) => ({ key, token: '' }));
      await inChunks(claims, (chunk) => tell('forget', chunk, [ttlMs]));
    },
  };
}

type Operation = 'renew' | 'confirm' | 'release' | 'forget';

/** All calls at once: where Redis hangs, many wait no longer than one. */
async function inChunks<Item, Result>(
  items: readonly Item[],
  run: (chunk: readonly Item[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  if (items.length === 0) return [];
  if (items.length <= KEYS_PER_CALL) return run(items);
  const calls: Promise<readonly Result[]>[] = [];
  for (let start = 0; start < items.length; start += KEYS_PER_CALL) calls.push(run(items.slice(start, start + KEYS_PER_CALL)));
  return (await Promise.all(calls)).flat();
}

/** Claims that were taken together have one token, and mostly stay together. */
async function byToken<Result>(
  claims: readonly Claim[],
  run: (token: string, claims: readonly Claim[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const [first] = claims;
  if (first === undefined) return [];
  if (claims.every(({ token }) => token === first.token)) return run(first.token, claims);
  const groups = Map.groupBy(claims, ({ token }) => token);
  return (await Promise.all([...groups].map(([token, ofToken]) => run(token, ofToken)))).flat();
}

interface Call<Result> {
  readonly operation: string;
  /** What it is about: so many are counted where Redis fails. */
  readonly of: readonly unknown[];
  readonly run: () => Promise<Result>;
  readonly fallback: (error: unknown) => Result;
}

/** Runs what asks Redis; where that fails it is counted, and the fallback stands. */
function withFallback(metrics: Metrics) {
  const fallbacks = metrics.counter(METRICS.dedupFallbackTotal);
  return async <Result>({ operation, of, run, fallback }: Call<Result>): Promise<Result> => {
    try {
      return await run();
    } catch (error) {
      fallbacks.inc({ operation }, of.length);
      return fallback(error);
    }
  };
}

function toClaimResult(token: string, answer: number): ClaimResult {
  if (answer > 0) return { outcome: 'claimed', token, attempt: answer };
  return answer === 0 ? { outcome: 'done' } : { outcome: 'in-work', retryAfterMs: -answer };
}

/** The names of keys as the scripts take them. */
function createNaming(incarnation: string): (keys: readonly DedupKey[]) => string {
  const start = `dedup:${escapeKeyPart(incarnation)}`;
  // Events that come together are mostly of one group and source.
  let last = { group: '', source: '', prefix: `${start}:::` };
  return (keys) => {
    let names = '';
    for (const { group, source, id } of keys) {
      if (group !== last.group || source !== last.source)
        last = { group, source, prefix: `${start}:${escapeKeyPart(group)}:${escapeKeyPart(source)}:` };
      names += `${last.prefix}${escapeKeyPart(id)}\n`;
    }
    return names;
  };
}

const ESCAPED = /[%:\n]/;

/** So that no two identities make one key, whatever their parts hold. */
function escapeKeyPart(part: string): string {
  return ESCAPED.test(part) ? part.replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll('\n', '%0A') : part;
}
