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
const KEYS_PER_CALL = 500;

/**
 * Claims in Redis: one value an event, `dedup:<incarnation>:<group>:<source>:<id>`; see the scripts. Many go in one round trip, so they must be on one node: a Redis Cluster is not supported.
 * Where Redis does not answer, each claim is `unavailable`, `renew` says that nothing speaks against a claim, and the others leave it to the lease's end.
 */
export function createClaimStore(options: ClaimStoreOptions): ClaimStore {
  const { leaseMs = 10_000, doneTtlMs = 10 * 60 * 1_000 } = options;
  const scripts = defineClaimScripts(options.redis);
  const orElse = withFallback(options.metrics);
  const nameOf = createNaming(options.incarnation);
  const ttlMs = Math.max(ATTEMPTS_TTL_MS, leaseMs);

  const claimChunk = (keys: readonly DedupKey[]): Promise<readonly ClaimResult[]> => {
    const token = randomUUID();
    return orElse({
      operation: 'claim',
      of: keys,
      run: async () => {
        const answers = await scripts.claim(keys.length, ...keys.map(nameOf), token, leaseMs, ttlMs);
        return answers.map((answer) => toClaimResult(token, answer));
      },
      fallback: (cause) => keys.map(() => ({ outcome: 'unavailable', cause })),
    });
  };
  /** Runs a script with names, arguments and tokens of claims; where Redis fails it says nothing. */
  const tell = (operation: Operation, claims: readonly Claim[], args: readonly (string | number)[]) =>
    orElse<readonly number[]>({
      operation,
      of: claims,
      run: () =>
        scripts[operation](claims.length, ...claims.map(({ key }) => nameOf(key)), ...args, ...claims.map(({ token }) => token)),
      fallback: () => [],
    });
  const tellInChunks = async (operation: Operation, claims: readonly Claim[], args: readonly (string | number)[]) => {
    await inChunks(claims, (chunk) => tell(operation, chunk, args));
  };
  return {
    leaseMs,
    claim: (keys) => inChunks(keys, claimChunk),
    renew: (claims) =>
      inChunks(claims, async (chunk) => {
        const isRenewed = await tell('renew', chunk, [leaseMs, ttlMs]);
        return chunk.filter((_, index) => isRenewed[index] === 0);
      }),
    confirm: (claims) => tellInChunks('confirm', claims, [doneTtlMs]),
    release: (claims, attempt = 'counted') => tellInChunks('release', claims, [attempt, ttlMs]),
    forgetAttempts: (keys) =>
      tellInChunks(
        'forget',
        keys.map((key) => ({ key, token: '' })),
        [ttlMs],
      ),
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

function createNaming(incarnation: string): (key: DedupKey) => string {
  const start = `dedup:${escapeKeyPart(incarnation)}`;
  // Events that come together are mostly of one group and source.
  let last = { group: '', source: '', prefix: `${start}:::` };
  return ({ group, source, id }) => {
    if (group !== last.group || source !== last.source)
      last = { group, source, prefix: `${start}:${escapeKeyPart(group)}:${escapeKeyPart(source)}:` };
    return last.prefix + escapeKeyPart(id);
  };
}

const ESCAPED = /[%:]/;

/** So that no two identities make one key, whatever their parts hold. */
function escapeKeyPart(part: string): string {
  return ESCAPED.test(part) ? part.replaceAll('%', '%25').replaceAll(':', '%3A') : part;
}
