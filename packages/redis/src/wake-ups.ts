import type { RedisConnection } from './create-redis.ts';

export interface WakeUpsOptions {
  readonly redis: RedisConnection;
  /** Shared by the replicas of one service and nobody else: name it after the service and its database's incarnation. */
  readonly channel: string;
}

/** Tells the other replicas that there is something to relay. A lost one costs latency only: polling is the floor. */
export interface WakeUps {
  /** Returns at once; calls in quick succession become one message. */
  publish(): void;
  /** Listens on a connection of its own, which comes back by itself. Resolves at once; gives back what ends it. */
  subscribe(listener: () => void): () => Promise<void>;
}

export function createWakeUps(options: WakeUpsOptions): WakeUps {
  return {
    publish: createPublisher(options),
    subscribe: (listener) => subscribe(options, listener),
  };
}

/** One message is under way at most, and one follows it when there were calls meanwhile: a thousand commits a second do not make a thousand messages. */
function createPublisher({ redis, channel }: WakeUpsOptions): () => void {
  let isSending = false;
  let isCalledMeanwhile = false;
  const send = async (): Promise<void> => {
    isSending = true;
    do {
      isCalledMeanwhile = false;
      await redis.client.publish(channel, '').catch(() => {});
    } while (isCalledMeanwhile);
    isSending = false;
  };
  return () => {
    if (isSending) isCalledMeanwhile = true;
    else void send();
  };
}

function subscribe({ redis, channel }: WakeUpsOptions, listener: () => void): () => Promise<void> {
  const client = redis.client.duplicate({ autoResubscribe: false });
  // The other connection has logged that Redis is away.
  client.on('error', () => {});
  client.on('ready', () => void client.subscribe(channel).catch(() => client.disconnect(true)));
  client.on('message', listener);
  return async () => {
    client.removeListener('message', listener);
    await client.quit().catch(() => {});
    client.disconnect();
  };
}
