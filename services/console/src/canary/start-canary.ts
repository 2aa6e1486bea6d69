import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createEventPublisher, type SubscribedTopics } from '@throughline/messaging';
import type { Backbone, ServiceRuntime } from '@throughline/service';
import { CANARY_TOPIC, CANARY_TYPE, createCanary } from './create-canary.ts';

export interface StartCanaryOptions {
  readonly runtime: ServiceRuntime;
  readonly backbone: Backbone;
  readonly canaryEvents: SubscribedTopics;
  readonly config: { readonly canaryIntervalMs: number; readonly canaryDeadlineMs: number };
}

/** Sends canary events, handles them in a group of its own, and takes the service out of readiness when they do not come. */
export async function startCanary(options: StartCanaryOptions): Promise<void> {
  const { runtime, backbone, canaryEvents, config } = options;
  const { canaryIntervalMs: intervalMs, canaryDeadlineMs: deadlineMs } = config;
  const { logger, metrics } = runtime;
  const { database, outbox } = backbone;
  const contracts = await loadContracts(fileURLToPath(new URL('../../../../contracts/throughline/', import.meta.url)));
  const destination = () => ({ topic: CANARY_TOPIC, aggregateType: 'canary' });
  const publisher = createEventPublisher({ source: 'CONSOLE', codec: s3Codec, contracts, outbox, destination });
  const canary = createCanary({ database, publisher, logger, metrics, intervalMs, deadlineMs });
  await backbone.subscribe({
    ...canaryEvents,
    codec: s3Codec,
    contracts,
    handlers: { [CANARY_TYPE]: canary.handler },
    concurrency: 1,
  });
  canary.start();
  runtime.onStop('canary', () => canary.stop());
  runtime.addReadiness('canary', () => canary.check());
}
