import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { orderCodec } from '@throughline/events';
import type { Route } from '@throughline/http';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { stackAddresses, testPrefix } from '@throughline/testing';
import type { ServiceRuntime } from './run-service.ts';
import { startPublishing } from './start-publishing.ts';

const topic = testPrefix('publishing');
const watches = [{ group: `${topic}.worker`, topics: [topic] }];
const owner = '0c9a2f3b-7d64-4d0e-8a55-3b1f8e2d6c70';
const releases: { readonly name: string; readonly run: () => Promise<void> | void; readonly atMostMs: number | undefined }[] = [];
const readiness = new Map<string, boolean>();
let operations: readonly Route[] = [];

const stop = async () => {
  for (const { run } of releases.splice(0).reverse()) await run();
};
afterEach(stop);

async function start() {
  const runtime: ServiceRuntime = {
    logger: createLogger({ name: 'test', level: 'fatal' }),
    metrics: createMetrics({ service: 'test' }),
    stopping: new AbortController().signal,
    onStop: (name, run, { atMostMs } = {}) => void releases.push({ name, run, atMostMs }),
    addReadiness: (name, _, { isRequired = true } = {}) => void readiness.set(name, isRequired),
    addLiveness: () => undefined,
    addOperations: (routes) => {
      operations = routes;
    },
  };
  return startPublishing({
    runtime,
    config: { ...stackAddresses(), createTopics: true },
    name: 'test.api',
    topics: { publishes: [{ topic, partitions: 2 }], watches },
    source: 'order-intake',
    codec: orderCodec,
    contracts: await loadContracts(fileURLToPath(new URL('../../../contracts/order-intake', import.meta.url))),
    destination: () => ({ topic }),
    deadlineMs: 2_000,
  });
}

it('publishes once the topics are there, and stops within what it said', async () => {
  const { publisher, driver } = await start();
  const data = { orderId: 'one', amount: 1 };
  await publisher.publish({ type: 'OrderCreated', key: 'one', ownerId: owner, data });
  expect((await driver.groups.endOffsets([topic])).reduce((sum, { offset }) => sum + offset, 0n)).toBe(1n);
  expect(readiness).toEqual(
    new Map([
      ['kafka', false],
      ['redis', false],
    ]),
  );
  expect(releases.find(({ name }) => name === 'publisher')?.atMostMs).toBe(2_000);
  await stop();
  await expect(publisher.publish({ type: 'OrderCreated', key: 'one', ownerId: owner, data })).rejects.toMatchObject({
    code: 'SHUTTING_DOWN',
  });
});

it('shows the queues that it watches', async () => {
  await start();
  expect(operations.map(({ path }) => path)).toEqual(['/operations', '/operations/queues', '/operations/queues/{group}']);
});
