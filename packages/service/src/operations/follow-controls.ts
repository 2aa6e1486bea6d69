import type { GroupControls, GroupState } from '@throughline/postgres';
import { METRICS } from '@throughline/telemetry';
import type { ServiceRuntime } from '../run-service.ts';
import type { SubscribedGroup } from './subscribed-group.ts';

export interface FollowControlsOptions {
  readonly runtime: Pick<ServiceRuntime, 'logger' | 'metrics'>;
  readonly controls: Pick<GroupControls, 'read'>;
  readonly groups: ReadonlyMap<string, SubscribedGroup>;
  /** How often the wishes are read, milliseconds. (Default: 1 000) */
  readonly pollMs?: number;
}

/** Makes this process' members do what is wanted of their groups. While the database is away they go on as they are. */
export interface ControlFollower {
  /** There is something new. */
  wake(): void;
  stop(): Promise<void>;
}

export function followControls(options: FollowControlsOptions): ControlFollower {
  const { runtime, controls, groups, pollMs = 1_000 } = options;
  const { logger, metrics } = runtime;
  const paused = metrics.gauge(METRICS.consumerGroupPaused);
  const changing = new Map<string, Promise<void>>();
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> | undefined;

  const follow = (name: string, group: SubscribedGroup, state: GroupState): void => {
    const isSuspended = group.running.isSuspended();
    paused.set({ messaging_consumer_group_name: name }, isSuspended ? 1 : 0);
    if (isStopped || changing.has(name) || isSuspended === (state !== 'running')) return;
    changing.set(
      name,
      change(group, state)
        .then(() =>
          logger.info({ group: name, state }, isSuspended ? `${name} runs again` : `${name} has left its group: it is ${state}`),
        )
        .catch((error: unknown) =>
          logger.warn({ err: error, group: name }, `${name} could not follow what is wanted; trying again`),
        )
        .finally(() => changing.delete(name)),
    );
  };
  const read = async (): Promise<void> => {
    try {
      const states = await controls.read();
      for (const [name, group] of groups) follow(name, group, states.get(name) ?? 'running');
    } catch (error) {
      logger.debug({ err: error }, 'What is wanted of the groups could not be read; they go on as they are');
    }
  };
  const round = (): void => {
    clearTimeout(timer);
    reading ??= read().finally(() => {
      reading = undefined;
      if (!isStopped) timer = setTimeout(round, pollMs);
    });
  };
  round();
  return {
    wake: round,
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await reading;
      await Promise.all(changing.values());
    },
  };
}

async function change({ running }: SubscribedGroup, state: GroupState): Promise<void> {
  await (state === 'running' ? running.resume() : running.suspend());
}
