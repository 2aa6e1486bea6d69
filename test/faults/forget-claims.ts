import { incarnationId, type Queryable } from '@throughline/postgres';
import { createRedis } from '@throughline/redis';
import { createLogger } from '@throughline/telemetry';

const PATIENCE_MS = 15_000;
const KEYS_AT_ONCE = 5_000;
const logger = createLogger({ name: 'forget-claims', level: 'fatal' });

/** What a flush of Redis would do to the service of this database, sparing others that use the same Redis. */
export async function forgetClaims({ database, redisUrl }: { database: Queryable; redisUrl: string }): Promise<void> {
  const pattern = `dedup:${await incarnationId(database)}:*`;
  // A service gives a command half a second, which a busy machine may exceed.
  const redis = createRedis({ url: redisUrl, logger, commandTimeoutMs: PATIENCE_MS });
  try {
    await redis.ping(PATIENCE_MS);
    let cursor = '0';
    do {
      const [next, keys] = await redis.client.scan(cursor, 'MATCH', pattern, 'COUNT', KEYS_AT_ONCE);
      if (keys.length > 0) await redis.client.del(...keys);
      cursor = next;
    } while (cursor !== '0');
  } finally {
    await redis.close();
  }
}
