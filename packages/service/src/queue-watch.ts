import type { QueueCounts, QueueView } from '@throughline/messaging';
import { METRICS } from '@throughline/telemetry';
import type { ServiceRuntime } from './run-service.ts';

export interface QueueWatchOptions {
  readonly runtime: Pick<ServiceRuntime, 'logger' | 'metrics' | 'onStop'>;
  readonly view: QueueView;
  /** From the end of one reading to the next, milliseconds: a reading takes some tens of them of processor time, during which nobody is answered. (Default: 15 000) */
  readonly intervalMs?: number;
}

/**
 * Shows a queue among the metrics until the service stops. What is not known has no series: a gap in a panel, and not the last figure for ever. One service in a system
 * does it, the one that is always up: the broker tells everybody the same.
 */
export function startQueueWatch({ runtime, view, intervalMs = 15_000 }: QueueWatchOptions): void {
  const show = createGauges(runtime, view.group);
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const round = async (): Promise<void> => {
    try {
      show(await view.read());
    } catch (error) {
      show(undefined);
      runtime.logger.debug({ err: error, group: view.group }, `The queue of ${view.group} could not be read`);
    }
    if (!isStopped) timer = setTimeout(() => void round(), intervalMs);
  };
  void round();
  // A reading under way changes nothing: nobody waits for a broker that may be away.
  runtime.onStop(`queue watch ${view.group}`, () => {
    isStopped = true;
    clearTimeout(timer);
  });
}

function createGauges({ metrics }: QueueWatchOptions['runtime'], queue: string): (counts: QueueCounts | undefined) => void {
  const messages = metrics.gauge(METRICS.queueMessages);
  const age = metrics.gauge(METRICS.queueOldestMessageAgeSeconds);
  const deadLetters = metrics.gauge(METRICS.queueDeadLetters);
  return (counts) => {
    setOrRemove(messages, { queue, state: 'visible' }, counts?.visible);
    setOrRemove(messages, { queue, state: 'in_flight' }, counts?.inFlight);
    setOrRemove(messages, { queue, state: 'delayed' }, counts?.delayed);
    setOrRemove(age, { queue }, counts?.oldestAgeSeconds);
    setOrRemove(deadLetters, { queue }, counts?.deadLetters);
  };
}

type Labels = Readonly<Record<string, string>>;

interface Series {
  set(labels: Labels, value: number): void;
  remove(labels: Labels): void;
}

function setOrRemove(gauge: Series, labels: Labels, value: number | null | undefined): void {
  if (value === null || value === undefined) gauge.remove(labels);
  else gauge.set(labels, value);
}
