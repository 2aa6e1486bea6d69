/** Tokens as they were at a time, in milliseconds of a clock that only goes forward. */
export interface FilledBucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** Takes one token of a bucket that fills with time; `retryAfterMs` is 0 when there was one. The same arithmetic as the Lua script in token-bucket.ts. */
export function takeFromBucket(
  stored: FilledBucket | undefined,
  { ratePerSecond, burst }: { readonly ratePerSecond: number; readonly burst: number },
  nowMs: number,
): { readonly bucket: FilledBucket; readonly retryAfterMs: number } {
  const before = stored ?? { tokens: burst, atMs: nowMs };
  const tokens = Math.min(burst, before.tokens + (Math.max(0, nowMs - before.atMs) * ratePerSecond) / 1_000);
  if (tokens >= 1) return { bucket: { tokens: tokens - 1, atMs: nowMs }, retryAfterMs: 0 };
  return { bucket: { tokens, atMs: nowMs }, retryAfterMs: Math.max(1, Math.ceil(((1 - tokens) * 1_000) / ratePerSecond)) };
}
