import { type Logger, METRICS, type Metrics } from '@throughline/telemetry';
import type { Clock } from '../clock.ts';
import type { BreakerPolicy } from './breaker-policy.ts';
import { FailureStreak } from './failure-streak.ts';
import { FailureWindow } from './failure-window.ts';

export interface BreakerOptions {
  readonly group: string;
  readonly policy: BreakerPolicy;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Notices that failures are not the events' fault: many different keys failed, and most tries did, or none went well between. While it is open for a dependency, its failures keep events in their
 * places with their tries, and the driver probes with one record at a time; it closes after as many successes as it took different failed keys to open it, with no failure among them.
 */
export interface Breaker {
  succeeded(tries: number): void;
  /** True when the breaker is open for the dependency, with this failure counted. */
  failed(dependency: string, key: string): boolean;
  isOpen(dependency: string): boolean;
  /** For any dependency. */
  readonly isAnyOpen: boolean;
}

/** Dependencies are named by code, not by data; more than this many are no names. */
const MAX_DEPENDENCIES = 50;

export function createBreaker(options: BreakerOptions): Breaker {
  const { group, policy, clock, logger, metrics } = options;
  const gauge = metrics.gauge(METRICS.consumerBreakerOpen);
  const window = new FailureWindow(policy.windowMs, clock);
  const streak = new FailureStreak(policy, clock);
  const known = new Set<string>();
  /** Successes in a row since the last failure, by open dependency. */
  const open = new Map<string, number>();

  const nameOf = (dependency: string): string => {
    if (known.size < MAX_DEPENDENCIES) known.add(dependency);
    return known.has(dependency) ? dependency : 'other';
  };
  const show = (dependency: string, isOpen: boolean) =>
    gauge.set({ messaging_consumer_group_name: group, dependency }, isOpen ? 1 : 0);
  const close = (dependency: string, successes: number) => {
    open.delete(dependency);
    window.forget();
    show(dependency, false);
    logger.info({ dependency, successes }, `${group} goes on: ${dependency} answers again`);
  };
  return {
    get isAnyOpen() {
      return open.size > 0;
    },
    isOpen: (dependency) => open.has(nameOf(dependency)),
    succeeded: (tries) => {
      window.succeeded(tries);
      if (tries > 0) streak.broken();
      for (const [dependency, before] of open) {
        if (before + tries >= policy.minFailedKeys) close(dependency, before + tries);
        else open.set(dependency, before + tries);
      }
    },
    failed: (given, key) => {
      const dependency = nameOf(given);
      window.failed(dependency, key);
      const isStreak = streak.failed(dependency, key);
      if (open.has(dependency)) {
        open.set(dependency, 0);
        return true;
      }
      const { failures, failedKeys, tries } = window.figures(dependency);
      const isMost = failedKeys >= policy.minFailedKeys && failures >= tries * policy.minFailureRate;
      if (!isStreak && !isMost) return false;
      open.set(dependency, 0);
      show(dependency, true);
      logger.error(
        { dependency, failures, failedKeys, tries, windowMs: policy.windowMs },
        `${group} waits: ${failures} of ${tries} tries of ${failedKeys} keys failed at ${dependency}; events keep their places and their tries`,
      );
      return true;
    },
  };
}
