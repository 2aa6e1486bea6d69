import { EventError } from '@throughline/events';
import type { Logger } from '@throughline/telemetry';
import { Redis } from 'ioredis';

export interface RedisOptions {
  /** `redis://[user:password@]host:port[/database]`, `rediss://` with TLS. */
  readonly url: string;
  readonly logger: Logger;
  /** A command without an answer fails after this, milliseconds. (Default: 500) */
  readonly commandTimeoutMs?: number;
}

/** A connection that says at once when Redis is not there, and comes back by itself. */
export interface RedisConnection {
  readonly client: Redis;
  /** @throws {EventError} `STORE_UNAVAILABLE` when Redis does not answer within the time; waits that long for a connection being made. */
  ping(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

const MAX_RECONNECT_DELAY_MS = 2_000;

/** Connects in the background, for ever. Without a connection commands fail at once instead of waiting in a queue, and a lost one fails what it had in hand. */
export function createRedis(options: RedisOptions): RedisConnection {
  const commandTimeout = options.commandTimeoutMs ?? 500;
  const client = new Redis(options.url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout,
    // A server that accepts and never answers: without this every command would wait for its own timeout.
    socketTimeout: 2 * commandTimeout,
    connectTimeout: 2_000,
    // A connection that is down already never reports its close; the timer behind it would hold a stopping process for this long.
    disconnectTimeout: 200,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), MAX_RECONNECT_DELAY_MS),
  });
  logOutages(client, options.logger);
  return { client, ping: (timeoutMs) => ping(client, timeoutMs), close: () => close(client) };
}

/** One line when it goes and one when it is back; ioredis reports every attempt in between. */
function logOutages(client: Redis, logger: Logger): void {
  let isAway = false;
  client.on('error', (error) => {
    if (!isAway) logger.warn({ err: error }, 'Redis is not reachable; going on without it.');
    isAway = true;
  });
  client.on('ready', () => {
    if (isAway) logger.info('Redis is reachable again.');
    isAway = false;
  });
}

async function ping(client: Redis, timeoutMs: number): Promise<void> {
  const deadline = Promise.withResolvers<never>();
  const onReady = Promise.withResolvers<void>();
  const timer = setTimeout(() => deadline.reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  client.once('ready', onReady.resolve);
  try {
    if (client.status !== 'ready') await Promise.race([onReady.promise, deadline.promise]);
    await Promise.race([client.ping(), deadline.promise]);
  } catch (error) {
    throw new EventError('STORE_UNAVAILABLE', 'Redis does not answer.', { retryable: true, cause: error });
  } finally {
    clearTimeout(timer);
    client.off('ready', onReady.resolve);
    deadline.promise.catch(() => {});
  }
}

async function close(client: Redis): Promise<void> {
  // QUIT lets answers under way arrive; without a connection there are none.
  await client.quit().catch(() => {});
  client.disconnect();
}
