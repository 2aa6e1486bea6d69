import type { Logger, Metrics } from '@throughline/telemetry';
import type { ClaimStore } from '../claim-store.ts';
import type { Clock } from '../clock.ts';
import type { Inbox } from '../inbox.ts';
import type { RecordProducer } from '../messaging-driver.ts';
import type { IncomingRecord } from '../record.ts';
import { maxAttempts, type RetryPolicy } from '../retry-policy.ts';
import type { Subscription } from '../subscription.ts';
import { checkContract } from './check-contract.ts';
import { claimEvent } from './claim-event.ts';
import type { Concern, Deliver, Outcome } from './delivery.ts';
import { measureDelivery } from './measure-delivery.ts';
import { createDeliveryReader } from './read-delivery.ts';
import { runHandler } from './run-handler.ts';
import { settleFailure } from './settle-failure.ts';
import { skipUnhandled } from './skip-unhandled.ts';
import { traceDelivery } from './trace-delivery.ts';

export interface PipelineOptions<Tx> {
  readonly subscription: Subscription<Tx>;
  readonly policy: RetryPolicy;
  readonly inbox: Inbox<Tx>;
  readonly claims: ClaimStore;
  readonly producer: () => Promise<RecordProducer>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: () => number;
  readonly handlerTimeoutMs: number;
  readonly renewEveryMs: number;
}

/**
 * Everything that happens to a record, outermost first. Resolves when its offset may be committed; rejects when the record must keep its
 * place because a store or the broker is away.
 */
export function createPipeline<Tx>(
  options: PipelineOptions<Tx>,
): (record: IncomingRecord, signal: AbortSignal) => Promise<Outcome> {
  const { subscription, policy, metrics, clock } = options;
  const read = createDeliveryReader(subscription);
  const deliver = compose(
    [
      traceDelivery,
      measureDelivery({ metrics, clock }),
      skipUnhandled(subscription.handlers),
      settleFailure({ ...options, group: subscription.group }),
      checkContract(subscription),
      claimEvent({ ...options, maxAttempts: maxAttempts(policy) }),
    ],
    runHandler({ ...options, handlers: subscription.handlers }),
  );
  return (record, signal) => deliver(read(record, signal));
}

function compose(concerns: readonly Concern[], innermost: Deliver): Deliver {
  return concerns.reduceRight((next, concern) => concern(next), innermost);
}
