import type { Logger } from '@throughline/telemetry';
import { METRICS, type Metrics } from '@throughline/telemetry';
import type { RedisConnection } from './create-redis.ts';
import { defineScript } from './define-script.ts';
import { consumeFromWindow, type WindowState } from './sliding-window.ts';

export interface RateLimiterOptions {
  readonly redis: RedisConnection;
  /** Name of this limiter: part of its keys and label of its metrics. */
  readonly prefix: string;
  /** The database's incarnation id: counts of a database that was reset or restored start anew. */
  readonly incarnation: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch, of the fallback alone; Redis counts by its own clock. (Default: Date.now) */
  readonly now?: () => number;
}

export interface ConsumeRequest {
  readonly key: string;
  /** Calls in any span of `windowMs`. */
  readonly limit: number;
  readonly windowMs: number;
}

export interface ConsumeResult {
  readonly isAllowed: boolean;
  /** 0 when allowed. */
  readonly retryAfterMs: number;
  readonly remaining: number;
}

export interface RateLimiter {
  /** Counts one call. A refused call is not counted. Never throws. */
  consume(request: ConsumeRequest): Promise<ConsumeResult>;
  /** Whether a call would be allowed now, counting nothing: for callers that count only what failed. Never throws. */
  peek(request: ConsumeRequest): Promise<ConsumeResult>;
}

const CONSUME = `
local limit, width = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = math.floor(now / width)
local elapsed = now - window * width
local stored = redis.call('HMGET', KEYS[1], 'window', 'current', 'previous')
local seen, current, previous = tonumber(stored[1]), tonumber(stored[2]) or 0, tonumber(stored[3]) or 0
if seen ~= window then
  previous = (seen == window - 1) and current or 0
  current = 0
end
local used = previous * (1 - elapsed / width) + current
if used + 1 > limit then
  local full = current + 1 > limit
  local sliding = full and current or previous
  local room = full and limit - 1 or limit - 1 - current
  local wait = width * (1 - room / sliding) + (full and width or 0) - elapsed
  return {0, math.max(1, math.ceil(wait)), 0}
end
if ARGV[3] == '0' then return {1, 0, math.floor(limit - used)} end
redis.call('HSET', KEYS[1], 'window', window, 'current', current + 1, 'previous', previous)
redis.call('PEXPIRE', KEYS[1], width * 2)
return {1, 0, math.floor(limit - used - 1)}`;

/** Keys that the fallback remembers; the one longest unused goes first. */
const MAX_FALLBACK_KEYS = 10_000;

/** Counts in Redis for all replicas together; while Redis is away each process counts for itself, against half the limit. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const consume = defineScript<[number, number, number]>(options.redis.client, 'consumeFromRate', { keys: 1, lua: CONSUME });
  const consumeInMemory = createFallback(options.now ?? Date.now);
  const labels = { limiter: options.prefix };
  const fallbacks = options.metrics.counter(METRICS.rateLimiterFallbackTotal);
  const refusals = options.metrics.counter(METRICS.rateLimiterRefusedTotal);
  let isFallingBack = false;
  const decide = async (request: ConsumeRequest, isCounted: boolean): Promise<ConsumeResult> => {
    try {
      const [allowed, retryAfterMs, remaining] = await consume(
        `rate:${options.incarnation}:${options.prefix}:${request.key}`,
        request.limit,
        request.windowMs,
        isCounted ? 1 : 0,
      );
      isFallingBack = false;
      return { isAllowed: allowed === 1, retryAfterMs, remaining };
    } catch (error) {
      if (!isFallingBack)
        options.logger.warn({ err: error }, `Rate limiter ${options.prefix} counts in memory, against half the limit.`);
      isFallingBack = true;
      fallbacks.inc(labels);
      return consumeInMemory(request, isCounted);
    }
  };
  const answer = async (request: ConsumeRequest, isCounted: boolean): Promise<ConsumeResult> => {
    const result = await decide(request, isCounted);
    if (!result.isAllowed) refusals.inc(labels);
    return result;
  };
  return { consume: (request) => answer(request, true), peek: (request) => answer(request, false) };
}

function createFallback(now: () => number): (request: ConsumeRequest, isCounted: boolean) => ConsumeResult {
  const windows = new Map<string, WindowState>();
  return ({ key, limit, windowMs }, isCounted) => {
    const rate = { limit: Math.max(1, Math.floor(limit / 2)), windowMs };
    const { state, ...result } = consumeFromWindow(windows.get(key), rate, now());
    if (!isCounted) return { ...result, remaining: result.isAllowed ? result.remaining + 1 : 0 };
    // Deleted first, so that the map's order is that of use.
    windows.delete(key);
    windows.set(key, state);
    const [oldest] = windows.keys();
    if (windows.size > MAX_FALLBACK_KEYS && oldest !== undefined) windows.delete(oldest);
    return result;
  };
}
