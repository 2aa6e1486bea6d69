import type { MessagingDriver } from '@throughline/messaging';
import { METRICS } from '@throughline/telemetry';
import type { ServiceRuntime } from '../run-service.ts';
import { lagOf } from './group-routes.ts';
import { presentTopics } from './present-topics.ts';
import type { SubscribedGroup } from './subscribed-group.ts';

export interface WatchPausedLagOptions {
  readonly runtime: Pick<ServiceRuntime, 'logger' | 'metrics'>;
  readonly driver: Pick<MessagingDriver, 'groups' | 'listTopics'>;
  readonly groups: ReadonlyMap<string, SubscribedGroup>;
  /** (Default: 10 000) */
  readonly intervalMs?: number;
}

/** Shows how far paused groups are behind: they have no members that could know. */
export function watchPausedLag(options: WatchPausedLagOptions): { stop(): Promise<void> } {
  const { runtime, groups, intervalMs = 10_000 } = options;
  const gauge = runtime.metrics.gauge(METRICS.consumerGroupLagRecords);
  const shown = new Map<string, readonly string[]>();
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  const show = async (name: string, { running }: SubscribedGroup): Promise<void> => {
    const labels = { messaging_consumer_group_name: name };
    const lags = running.isSuspended() ? await lagByTopic(options, name, running.topics()) : new Map<string, number>();
    for (const topic of shown.get(name) ?? [])
      if (!lags.has(topic)) gauge.remove({ ...labels, messaging_destination_name: topic });
    for (const [topic, lag] of lags) gauge.set({ ...labels, messaging_destination_name: topic }, lag);
    shown.set(name, [...lags.keys()]);
  };
  const round = async (): Promise<void> => {
    for (const [name, group] of groups) {
      await show(name, group).catch((error: unknown) =>
        runtime.logger.debug({ err: error, group: name }, `The lag of ${name} could not be asked for`),
      );
    }
    if (!isStopped) timer = setTimeout(begin, intervalMs);
  };
  let work: Promise<void>;
  const begin = (): void => {
    work = round();
  };
  begin();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await work;
    },
  };
}

async function lagByTopic(
  { driver }: WatchPausedLagOptions,
  group: string,
  topics: readonly string[],
): Promise<Map<string, number>> {
  const lags = new Map<string, number>();
  const offsets = await driver.groups.offsets(group, await presentTopics(driver, topics));
  for (const offset of offsets) lags.set(offset.topic, (lags.get(offset.topic) ?? 0) + lagOf(offset));
  return lags;
}
