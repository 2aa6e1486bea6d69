import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import type { RedisConnection } from './create-redis.ts';
import { defineScript } from './define-script.ts';
import { type FilledBucket, takeFromBucket } from './filled-bucket.ts';
import { RecentKeys } from './recent-keys.ts';

export interface TokenBucketOptions {
  readonly redis: RedisConnection;
  /** Name of this bucket: part of its keys and label of its metrics. */
  readonly prefix: string;
  /** Tokens that come back in a second, of each key. */
  readonly ratePerSecond: number;
  /** Tokens that a key has at most; as many may be taken at once after a pause. */
  readonly burst: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Milliseconds of a clock that only goes forward; Redis counts by its own. (Default: performance.now) */
  readonly now?: () => number;
}

export interface TakeResult {
  readonly isAllowed: boolean;
  /** Until a token is there again; 0 when allowed. */
  readonly retryAfterMs: number;
}

export interface TokenBucket {
  /** Takes one token. Never throws. */
  take(key: string): Promise<TakeResult>;
}

/** A replica takes the tokens of so long a time at once: a client at its full rate then costs each replica at most 20 calls a second. */
const GRANT_MS = 50;
/** What a replica took and did not use is forgotten; it then counts as used. */
const GRANT_LIFETIME_MS = 10_000;
/** After a refusal Redis is not asked again for so long, unless the bucket is full by then. */
const REFUSAL_MS = 20;
/** After a failure Redis is left alone for so long. */
const AWAY_MS = 1_000;

// Microseconds as text: a number would lose its last digits on the way into Redis.
const TAKE = `
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(stored[1]) or burst
local elapsed = math.max(0, now - (tonumber(stored[2]) or now))
tokens = math.min(burst, tokens + elapsed * rate / 1000000)
local granted = math.min(wanted, math.floor(tokens))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
if granted > 0 then return {granted, 0} end
return {0, math.max(1, math.ceil((1 - tokens) * 1000 / rate))}`;

/**
 * A token bucket a key, in Redis for all replicas together. A replica takes several tokens at a time, so that most calls are decided without a round trip; in any span all replicas together let
 * through at most `burst + ratePerSecond · seconds`, and what each had left of 50 ms' worth of tokens. While Redis is away each decides for itself, at half of rate and burst, which `rate_limiter_fallback_total` counts.
 *
 * @example
 * const bucket = createTokenBucket({ redis, prefix: 'orders', ratePerSecond: 1_000, burst: 2_000, logger, metrics });
 * const { isAllowed, retryAfterMs } = await bucket.take(userId);
 */
export function createTokenBucket(options: TokenBucketOptions): TokenBucket {
  const { prefix, now = () => performance.now() } = options;
  const refused = options.metrics.counter(METRICS.rateLimiterRefusedTotal);
  const fallbacks = options.metrics.counter(METRICS.rateLimiterFallbackTotal);
  const labels = { limiter: prefix };
  const replica = new Replica(options, now);
  return {
    take: async (key) => {
      const result = (await replica.take(key)) ?? replica.takeAlone(key);
      if (result.isAlone) fallbacks.inc(labels);
      if (!result.isAllowed) refused.inc(labels);
      return result;
    },
  };
}

/** `isAlone`: decided without Redis. */
interface Decision extends TakeResult {
  readonly isAlone?: true;
}

const ALLOWED: Decision = { isAllowed: true, retryAfterMs: 0 };

class Replica {
  readonly #options: TokenBucketOptions;
  readonly #now: () => number;
  readonly #ask: (key: string, rate: number, burst: number, wanted: number) => Promise<[number, number]>;
  readonly #grant: number;
  readonly #pauseMs: number;
  readonly #granted = new RecentKeys<Grants>(() => new Grants());
  readonly #alone = new RecentKeys<{ bucket?: FilledBucket }>(() => ({}));
  #awayUntilMs = Number.NEGATIVE_INFINITY;
  #isAway = false;

  constructor(options: TokenBucketOptions, now: () => number) {
    const { ratePerSecond, burst, redis } = options;
    this.#options = options;
    this.#now = now;
    this.#ask = defineScript<[number, number]>(redis.client, 'takeTokens', { keys: 1, lua: TAKE });
    this.#grant = Math.max(1, Math.min(Math.floor((ratePerSecond * GRANT_MS) / 1_000), Math.floor(burst / 4)));
    this.#pauseMs = Math.min(REFUSAL_MS, (burst / ratePerSecond) * 500);
  }

  /** Undefined while Redis is away. */
  async take(key: string): Promise<Decision | undefined> {
    const grants = this.#granted.of(key);
    for (;;) {
      const nowMs = this.#now();
      if (grants.takeOne(nowMs)) return ALLOWED;
      if (nowMs < this.#awayUntilMs) return undefined;
      if (nowMs < grants.refusedUntilMs) return { isAllowed: false, retryAfterMs: Math.ceil(grants.refusedUntilMs - nowMs) };
      if (this.#isAway) {
        this.#tryAgain(key, grants, nowMs);
        return undefined;
      }
      grants.waiting += 1;
      grants.asking ??= this.#refill(key, grants);
      await grants.asking;
      grants.waiting -= 1;
    }
  }

  takeAlone(key: string): Decision {
    const { ratePerSecond, burst } = this.#options;
    const own = this.#alone.of(key);
    const half = { ratePerSecond: ratePerSecond / 2, burst: Math.max(1, Math.floor(burst / 2)) };
    const { bucket, retryAfterMs } = takeFromBucket(own.bucket, half, this.#now());
    own.bucket = bucket;
    return { isAllowed: retryAfterMs === 0, retryAfterMs, isAlone: true };
  }

  /** Nobody waits for it: a Redis that hangs would hold up everybody once a second. */
  #tryAgain(key: string, grants: Grants, nowMs: number): void {
    this.#awayUntilMs = nowMs + AWAY_MS;
    grants.asking ??= this.#refill(key, grants);
  }

  /** Those who come before the call is made travel with it: it asks for one token each, and for the replica's share. */
  async #refill(key: string, grants: Grants): Promise<void> {
    await Promise.resolve();
    const { prefix, ratePerSecond, burst, logger } = this.#options;
    const wanted = Math.max(this.#grant, grants.waiting);
    try {
      const [tokens, waitMs] = await this.#ask(`tokens:${prefix}:${key}`, ratePerSecond, burst, wanted);
      const nowMs = this.#now();
      this.#isAway = false;
      this.#awayUntilMs = Number.NEGATIVE_INFINITY;
      if (tokens > 0) grants.put(tokens, nowMs + GRANT_LIFETIME_MS);
      else grants.refusedUntilMs = nowMs + Math.max(waitMs, this.#pauseMs);
    } catch (error) {
      this.#awayUntilMs = this.#now() + AWAY_MS;
      if (!this.#isAway) logger.warn({ err: error }, `Rate limiter ${prefix} counts in memory, against half the rate.`);
      this.#isAway = true;
    } finally {
      grants.asking = undefined;
    }
  }
}

/** What a replica has of one key's tokens. */
class Grants {
  /** Callers that found no token and wait for a call. */
  waiting = 0;
  refusedUntilMs = Number.NEGATIVE_INFINITY;
  asking: Promise<void> | undefined;
  #tokens = 0;
  #untilMs = 0;

  put(tokens: number, untilMs: number): void {
    this.#tokens = tokens;
    this.#untilMs = untilMs;
  }

  takeOne(nowMs: number): boolean {
    if (this.#tokens === 0 || nowMs > this.#untilMs) return false;
    this.#tokens -= 1;
    return true;
  }
}
