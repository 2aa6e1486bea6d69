export { type ClaimStoreOptions, createClaimStore } from './claim-store.ts';
export { createRedis, type RedisConnection, type RedisOptions } from './create-redis.ts';
export {
  type ConsumeRequest,
  type ConsumeResult,
  createRateLimiter,
  type RateLimiter,
  type RateLimiterOptions,
} from './rate-limiter.ts';
export { createWakeUps, type WakeUps, type WakeUpsOptions } from './wake-ups.ts';
