import { randomUUID } from 'node:crypto';
import type { ClaimResult, ClaimStore, DedupKey } from '@throughline/messaging';
import { METRICS, type Metrics } from '@throughline/telemetry';
import type { RedisConnection } from './create-redis.ts';
import { defineScript } from './define-script.ts';

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

const CLAIM = `
local state = redis.call('GET', KEYS[1])
if state == 'D' then return {'done', 0} end
if state then return {'in-work', redis.call('PTTL', KEYS[1])} end
redis.call('SET', KEYS[1], 'P:' .. ARGV[1], 'PX', ARGV[2])
local attempt = redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {'claimed', attempt}`;

const RENEW = `
if redis.call('GET', KEYS[1]) ~= 'P:' .. ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

// A claim of somebody else stays: its owner will find the event in Postgres. No claim (expired, flushed) is as good as ours, the commit has happened.
const CONFIRM = `
local state = redis.call('GET', KEYS[1])
if state and state ~= 'P:' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'D', 'PX', ARGV[2])
redis.call('DEL', KEYS[2])
return 1`;

const RELEASE = `
if redis.call('GET', KEYS[1]) ~= 'P:' .. ARGV[1] then return 0 end
if ARGV[2] == 'taken-back' and redis.call('EXISTS', KEYS[2]) == 1 then redis.call('DECR', KEYS[2]) end
if ARGV[2] == 'forgotten' then redis.call('DEL', KEYS[2]) end
return redis.call('DEL', KEYS[1])`;

/**
 * Claims in Redis: `dedup:<incarnation>:<group>:<source>:<id>` holds `P:<token>` while an event is in work and `D` when it is done.
 * Where Redis does not answer, `claim` is `unavailable`, `renew` says that nothing speaks against the claim, and the others leave it to the lease's end.
 */
export function createClaimStore(options: ClaimStoreOptions): ClaimStore {
  const { leaseMs = 10_000, doneTtlMs = 10 * 60 * 1_000 } = options;
  const scripts = defineClaimScripts(options.redis);
  const orElse = withFallback(options.metrics);
  const keysOf = (key: DedupKey): [string, string] => {
    const claimKey = ['dedup', options.incarnation, key.group, key.source, key.id].map(escapeKeyPart).join(':');
    return [claimKey, `${claimKey}:attempts`];
  };
  const claim = async (key: DedupKey): Promise<ClaimResult> => {
    const token = randomUUID();
    return toClaimResult(token, await scripts.claim(...keysOf(key), token, leaseMs, ATTEMPTS_TTL_MS));
  };
  return {
    leaseMs,
    claim: (key) =>
      orElse(
        'claim',
        () => claim(key),
        (cause) => ({ outcome: 'unavailable', cause }),
      ),
    renew: (key, token) =>
      orElse(
        'renew',
        async () => (await scripts.renew(keysOf(key)[0], token, leaseMs)) === 1,
        () => true,
      ),
    confirm: (key, token) =>
      orElse(
        'confirm',
        async () => void (await scripts.confirm(...keysOf(key), token, doneTtlMs)),
        () => {},
      ),
    release: (key, token, attempt = 'counted') =>
      orElse(
        'release',
        async () => void (await scripts.release(...keysOf(key), token, attempt)),
        () => {},
      ),
  };
}

function defineClaimScripts({ client }: RedisConnection) {
  return {
    claim: defineScript<[string, number]>(client, 'claimEvent', { keys: 2, lua: CLAIM }),
    renew: defineScript<number>(client, 'renewClaim', { keys: 1, lua: RENEW }),
    confirm: defineScript<number>(client, 'confirmClaim', { keys: 2, lua: CONFIRM }),
    release: defineScript<number>(client, 'releaseClaim', { keys: 2, lua: RELEASE }),
  };
}

/** Runs what asks Redis; where that fails it is counted, and the fallback stands. */
function withFallback(metrics: Metrics) {
  const fallbacks = metrics.counter(METRICS.dedupFallbackTotal);
  return async <Result>(operation: string, run: () => Promise<Result>, fallback: (error: unknown) => Result): Promise<Result> => {
    try {
      return await run();
    } catch (error) {
      fallbacks.inc({ operation });
      return fallback(error);
    }
  };
}

function toClaimResult(token: string, [outcome, number]: [string, number]): ClaimResult {
  if (outcome === 'claimed') return { outcome, token, attempt: number };
  if (outcome === 'done') return { outcome };
  return { outcome: 'in-work', retryAfterMs: Math.max(number, 1) };
}

/** So that no two identities make one key, whatever their parts hold. */
function escapeKeyPart(part: string): string {
  return part.replaceAll('%', '%25').replaceAll(':', '%3A');
}
