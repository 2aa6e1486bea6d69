export { type ClaimStoreOptions, createClaimStore } from './claim-store.ts';
export { createRedis, type RedisConnection, type RedisOptions } from './create-redis.ts';
export { createQueueMembers, type QueueMembersOptions } from './queue-members.ts';
export {
  type ConsumeRequest,
  type ConsumeResult,
  createRateLimiter,
  type RateLimiter,
  type RateLimiterOptions,
} from './rate-limiter.ts';
export { createTokenBucket, type TakeResult, type TokenBucket, type TokenBucketOptions } from './token-bucket.ts';
export { createWakeUps, type WakeUps, type WakeUpsOptions } from './wake-ups.ts';
