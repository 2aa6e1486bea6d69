import { createFaultProxy, type FaultProxy, stackAddresses } from '@throughline/testing';

export type StoreName = 'kafka' | 'postgres' | 'redis';

/** The stores of a run, with what can be done to them. */
export interface FaultStage {
  /** Through the proxies, as far as there are any. */
  readonly kafkaBrokers: readonly string[];
  readonly redisUrl: string;
  /** A superuser's, without a proxy: for making the run's database. */
  readonly adminUrl: string;
  /** The same database through the proxy. */
  behindProxy(databaseUrl: string): string;
  readonly proxies: Partial<Record<StoreName, FaultProxy>>;
  /** Ends a store, as its operator would or as a power cut would, and starts it again; absent where others use the stores too. */
  readonly restart?: (store: StoreName, how: 'stopped' | 'killed') => Promise<void>;
  close(): Promise<void>;
}

/** A stage on stores that others use too: they are not restarted, and Kafka, which tells clients its own address, has no proxy. */
export async function borrowFaultStage(): Promise<FaultStage> {
  const { kafkaBrokers, databaseUrl, redisUrl } = stackAddresses();
  const postgres = await proxyOf(databaseUrl, 5432);
  const redis = await proxyOf(redisUrl, 6379);
  return {
    kafkaBrokers,
    redisUrl: throughProxy(redisUrl, redis),
    adminUrl: databaseUrl,
    behindProxy: (url) => throughProxy(url, postgres),
    proxies: { postgres, redis },
    close: async () => {
      await Promise.all([postgres.close(), redis.close()]);
    },
  };
}

function proxyOf(address: string, usualPort: number): Promise<FaultProxy> {
  const { hostname, port } = new URL(address);
  return createFaultProxy({ host: hostname, port: Number(port || usualPort) });
}

/** The address with the proxy's host and port. */
export function throughProxy(address: string, { port }: FaultProxy): string {
  const url = new URL(address);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}
