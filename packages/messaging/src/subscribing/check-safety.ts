import { EventError } from '@throughline/events';

/** Settings that break delivery when they contradict each other, milliseconds. */
export interface SafetySettings {
  readonly drainDeadlineMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly handlerTimeoutMs: number;
  readonly progressTimeoutMs: number;
  readonly leaseMs: number;
  readonly leaseRenewalMs: number;
}

interface Rule {
  readonly left: keyof SafetySettings;
  readonly right: keyof SafetySettings;
  readonly relation: string;
  readonly holds: (left: number, right: number) => boolean;
  readonly why: string;
}

const RULES: readonly Rule[] = [
  {
    left: 'drainDeadlineMs',
    right: 'rebalanceTimeoutMs',
    relation: 'must be below',
    holds: (drain, rebalance) => drain < rebalance,
    why: 'the group would give the partitions away while their work is still drained',
  },
  {
    left: 'handlerTimeoutMs',
    right: 'progressTimeoutMs',
    relation: 'must be below',
    holds: (handler, progress) => handler < progress,
    why: 'a handler that may run that long would look like a consumer that stands still',
  },
  {
    left: 'leaseRenewalMs',
    right: 'leaseMs',
    relation: 'must be at most a third of',
    holds: (renewal, lease) => renewal * 3 <= lease,
    why: 'one late renewal would hand the event to somebody else',
  },
];

/** Refuses settings that contradict each other. @throws {EventError} `CONFIGURATION_REFUSED` naming both settings of every pair, with their values */
export function checkSafety(settings: SafetySettings): void {
  const faults = RULES.filter(({ left, right, holds }) => !holds(settings[left], settings[right])).map(
    ({ left, right, relation, why }) => `${left} (${settings[left]}) ${relation} ${right} (${settings[right]}): ${why}`,
  );
  if (faults.length > 0) throw new EventError('CONFIGURATION_REFUSED', faults.join('; '));
}
