import { s3Codec } from '@throughline/events';
import type { RunningSubscription, Subscription } from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';
import { type Backbone, runService, type ServiceRuntime, startBackbone } from '@throughline/service';
import { benchContracts } from '../bench-contracts.ts';
import type { VariantPlan } from '../plan.ts';
import type { MeasuringWindow } from './measuring-window.ts';
import { readPlan, tell } from './variant-process.ts';

/** What a variant of ours is built with: everything a service has. */
export interface BenchService {
  readonly plan: VariantPlan;
  readonly backbone: Backbone;
  readonly runtime: ServiceRuntime;
}

const NAME = 'bench.service';

/** Runs a service as any other, with contracts, claims, outcomes, metrics and traces, and ends it when the bench says so. */
export async function runThroughline(build: (service: BenchService) => Promise<Pick<MeasuringWindow, 'report'>>): Promise<void> {
  const plan = readPlan();
  await runService({
    name: NAME,
    config: { host: '127.0.0.1', httpPort: 0, opsPort: 0, logLevel: 'warn' },
    build: async (runtime) => {
      const backbone = await startBackbone({
        runtime,
        name: NAME,
        config: {
          databaseUrl: plan.databaseUrl,
          redisUrl: plan.redisUrl,
          kafkaBrokers: plan.brokers.split(','),
          createTopics: true,
        },
        migrations: new URL('../migrations/', import.meta.url),
        publishes: [{ topic: plan.topic }],
      });
      const { report } = await build({ plan, backbone, runtime });
      void report.then(tell);
    },
  });
}

/** Reads the plan's topic as a service does. */
export async function subscribeToTopic(
  { plan, backbone }: BenchService,
  handlers: Pick<Subscription<Transaction>, 'handlers' | 'batchHandlers'>,
): Promise<RunningSubscription> {
  const contracts = await benchContracts();
  return backbone.subscribe({
    group: plan.group,
    topics: [plan.topic],
    codec: s3Codec,
    contracts,
    order: 'none',
    ...handlers,
  });
}

/** Calls back when the member is found without its place in the group. */
export function watchMembership(running: RunningSubscription, onLost: () => void): void {
  let hasJoined = false;
  const timer = setInterval(() => {
    const { isJoined } = running.state();
    if (hasJoined && !isJoined) onLost();
    hasJoined = isJoined;
  }, 20);
  timer.unref();
}
