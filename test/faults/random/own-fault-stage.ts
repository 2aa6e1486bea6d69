import { join } from 'node:path';
import { createFaultProxy, type FaultProxy } from '@throughline/testing';
import { pidFileOf } from '../../../scripts/stack/component.ts';
import { createPortFinder } from '../../../scripts/stack/ports.ts';
import { readIdentity } from '../../../scripts/stack/process-identity.ts';
import type { Progress } from '../../../scripts/stack/progress.ts';
import { type Stack, startStack } from '../../../scripts/stack/start-stack.ts';
import { type FaultStage, type StoreName, throughProxy } from './fault-stage.ts';

/** What ends a store at once: Postgres by its immediate shutdown, after which it recovers from its log as after a power cut. */
const SUDDEN_END: Readonly<Record<StoreName, NodeJS.Signals>> = { kafka: 'SIGKILL', postgres: 'SIGQUIT', redis: 'SIGKILL' };
const STORES: readonly StoreName[] = ['kafka', 'postgres', 'redis'];

export interface OwnFaultStageOptions {
  /** Emptied by the caller before, and kept for a look after a violation. */
  readonly dataDir: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** A stage with stores of its own, each behind a proxy. Kafka tells its clients the port of its proxy. */
export async function openOwnFaultStage(options: OwnFaultStageOptions): Promise<FaultStage> {
  const proxies = await openProxies();
  const stores = await startAll(proxies, options);
  const storeOf = (name: StoreName) => stores[STORES.indexOf(name)] as Store;
  return {
    kafkaBrokers: [`127.0.0.1:${proxies.kafka.proxy.port}`],
    redisUrl: throughProxy(storeOf('redis').address(), proxies.redis.proxy),
    adminUrl: storeOf('postgres').address(),
    behindProxy: (url) => throughProxy(url, proxies.postgres.proxy),
    proxies: { kafka: proxies.kafka.proxy, postgres: proxies.postgres.proxy, redis: proxies.redis.proxy },
    restart: (name, how) => storeOf(name).restart(how),
    close: async () => {
      await Promise.all(stores.map((store) => store.stop()));
      await Promise.all(Object.values(proxies).map(({ proxy }) => proxy.close()));
    },
  };
}

/** All or none: when one cannot be started the others are stopped. */
async function startAll(proxies: Proxies, options: OwnFaultStageOptions): Promise<readonly Store[]> {
  const results = await Promise.allSettled(STORES.map((name) => startStore(name, proxies, options)));
  const stores = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure === undefined) return stores;
  await Promise.all([...stores.map((store) => store.stop()), ...Object.values(proxies).map(({ proxy }) => proxy.close())]);
  throw failure.reason;
}

type Proxies = Readonly<Record<StoreName, { readonly proxy: FaultProxy; readonly targetPort: number }>>;

/** Before the stores: Kafka has to know its proxy's port. */
async function openProxies(): Promise<Proxies> {
  const findPort = createPortFinder();
  const open = async () => {
    const targetPort = await findPort([]);
    return { targetPort, proxy: await createFaultProxy({ host: '127.0.0.1', port: targetPort }) };
  };
  return { kafka: await open(), postgres: await open(), redis: await open() };
}

interface Store {
  address(): string;
  restart(how: 'stopped' | 'killed'): Promise<void>;
  stop(): Promise<void>;
}

async function startStore(name: StoreName, proxies: Proxies, options: OwnFaultStageOptions): Promise<Store> {
  const dataDir = join(options.dataDir, name);
  const { targetPort, proxy } = proxies[name];
  const start = () =>
    startStack({
      dataDir,
      names: [name],
      ports: { [name]: targetPort, kafkaController: 0 },
      given: {},
      progress: options.progress,
      ...(name === 'kafka' && { advertisedKafkaPort: proxy.port }),
      ...(options.signal !== undefined && { signal: options.signal }),
    });
  let stack = await start();
  const addressOf = ({ addresses }: Stack) => addresses[ADDRESS_OF[name]];
  const address = addressOf(stack);
  return {
    address: () => address,
    restart: async (how) => {
      // In Docker there is no process of ours to signal; there it is stopped in order.
      const pid = readIdentity(pidFileOf(dataDir, name))?.pid;
      if (how === 'killed' && pid !== undefined) process.kill(pid, SUDDEN_END[name]);
      await stack.stop();
      stack = await start();
      if (addressOf(stack) !== address) throw new Error(`${name} came back at another address`);
    },
    stop: () => stack.stop(),
  };
}

const ADDRESS_OF = { kafka: 'kafkaBrokers', postgres: 'databaseUrl', redis: 'redisUrl' } as const;
