import type { ParkingLot } from '../parking-lot.ts';
import { createPreparation, type PipelineOptions } from '../pipeline/create-pipeline.ts';
import { createJudge } from '../pipeline/judge-failure.ts';
import { createQuarantine } from '../pipeline/quarantine.ts';
import { createDeliveryReader } from '../pipeline/read-delivery.ts';
import { createReporter } from '../pipeline/report-deliveries.ts';
import { createRouter } from '../pipeline/route-events.ts';
import { createHandlersRun } from '../pipeline/run-handlers.ts';
import { type ParkedKeysRunner, runParkedKeys } from './run-parked-keys.ts';
import { type ParkedHeadOptions, tryParkedHead } from './try-parked-head.ts';

/** Beside the handler's time: what a transaction may take before and after it, milliseconds. */
const LEASE_MARGIN_MS = 15_000;
/** Keys tried at once: each is a transaction beside those of the consumer. */
const PARKED_KEYS_AT_ONCE = 2;

/** Tries what is parked with the same handlers, contracts, breaker and reports as the pipeline. */
export function startParkedKeys<Tx>(options: PipelineOptions<Tx> & { readonly parking: ParkingLot<Tx> }): ParkedKeysRunner {
  const { subscription, parking, breaker, clock, logger, handlerTimeoutMs } = options;
  const { group } = subscription;
  const leaseMs = handlerTimeoutMs + LEASE_MARGIN_MS;
  const head: ParkedHeadOptions<Tx> = {
    ...options,
    group,
    leaseMs,
    quarantine: options.quarantine ?? createQuarantine(),
    read: createDeliveryReader(subscription),
    prepare: createPreparation(subscription),
    runHandlers: createHandlersRun({ ...options, group, route: createRouter(subscription) }),
    judge: createJudge(breaker),
    report: createReporter({ ...options, group }),
    onHandled: () => breaker.succeeded(1),
  };
  return runParkedKeys({
    group,
    parking,
    clock,
    leaseMs,
    concurrency: PARKED_KEYS_AT_ONCE,
    tryHead: (each, signal) => tryParkedHead(head, each, signal),
    onError: (error) => logger.warn({ err: error }, `${group} cannot look after its blocked keys now, it tries again`),
  });
}
