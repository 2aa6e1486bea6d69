import { join } from 'node:path';
import { waitUntil } from '../../demo/wait-until.ts';
import type { IntakeClient } from '../../intake-client/intake-client.ts';
import { newClients } from '../../intake-client/new-clients.ts';
import { depthOf } from '../../intake-client/read-queue.ts';
import { startIntakeServices } from '../../intake-stage/start-intake-services.ts';
import type { OrderTarget } from '../../load/order-request.ts';
import type { Progress } from '../../stack/progress.ts';
import { resetData } from '../../stack/reset-data.ts';
import { startStack } from '../../stack/start-stack.ts';
import { openBenchTopics } from '../backbone/bench-topics.ts';
import { startPlainServer } from '../start-plain-server.ts';
import type { IntakeTarget } from './compare-targets.ts';

/** An intake of the bench's own, with a plain handler beside it on the same Kafka. */
export interface IntakeBench {
  readonly targets: readonly IntakeTarget[];
  readonly clients: readonly IntakeClient[];
  /** Orders in the queue that are not worked off. */
  depth(): Promise<number>;
  /** Resolves when the queue is empty. */
  drained(): Promise<void>;
}

export interface IntakeBenchOptions {
  /** Emptied before. */
  readonly dataDir: string;
  /** Requests a second at most, for which there are users enough. */
  readonly highestRate: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** What ends what was started, last first, also after a failure. */
  readonly releases: (() => unknown)[];
}

const DRAIN_TIMEOUT_MS = 120_000;

export async function openIntakeBench(options: IntakeBenchOptions): Promise<IntakeBench> {
  const { dataDir, highestRate, progress, signal, releases } = options;
  await resetData(dataDir);
  const ports = { kafka: 0, kafkaController: 0, postgres: 0, redis: 0 };
  const { addresses, ...stack } = await startStack({ dataDir, progress, ports, given: {}, signal });
  releases.push(() => stack.stop());
  const services = await startIntakeServices({ dataDir, addresses, progress });
  releases.push(() => services.stop());
  const topics = await openBenchTopics(addresses.kafkaBrokers);
  releases.push(() => topics.close());
  const topic = await topics.create('plain-orders');
  const plain = await startPlainServer(join(import.meta.dirname, 'plain-express-kafka.ts'), [addresses.kafkaBrokers, topic]);
  releases.push(() => plain.stop());
  const clients = await newClients(services.edgeUrl, { rate: highestRate });
  const depth = async () => depthOf(await services.readQueue());
  const tokens = clients.map(({ token }) => token);
  const ours = { path: '/intake/orders', tokens };
  return {
    clients,
    depth,
    drained: async () => {
      await waitUntil('the queue to be empty', async () => (await depth()) === 0 || undefined, DRAIN_TIMEOUT_MS);
    },
    targets: [
      { name: 'intake-api', target: targetAt(services.apiUrl, ours), pid: services.api.pid },
      { name: 'through-edge', target: targetAt(services.edgeUrl, ours), pid: services.api.pid },
      {
        name: 'plain-express',
        target: targetAt(`http://127.0.0.1:${plain.port}`, { path: '/orders', tokens: [] }),
        pid: plain.pid,
      },
    ],
  };
}

function targetAt(url: string, rest: Pick<OrderTarget, 'path' | 'tokens'>): OrderTarget {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port), ...rest };
}
