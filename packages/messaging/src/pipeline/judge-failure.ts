import type { Breaker } from '../breaker/breaker.ts';
import type { IncomingRecord } from '../record.ts';
import { classify, type Verdict } from '../retries/classify.ts';
import { keyOf } from './key-of.ts';

/** What a failure without a name is put down to. */
const DEFAULT_DEPENDENCY = 'handler';

const SYSTEMIC: Verdict = { fate: 'systemic', reason: 'handler' };

/** What is to become of an event that failed, with the breaker's word: while that is open nobody is to blame. */
export interface Judge {
  /** Counts the failure. */
  (error: unknown, record: IncomingRecord): Verdict;
  /** Of several events, of which it is not known whose failure it was: counts nothing. */
  ofMany(error: unknown): Verdict;
}

export function createJudge(breaker: Breaker): Judge {
  const judge = (error: unknown, record: IncomingRecord): Verdict => {
    const verdict = classify(error);
    if (!isCounted(verdict) && !hasCode(error, 'DEPENDENCY_UNAVAILABLE')) return verdict;
    const isOpen = breaker.failed(dependencyOf(error), keyOf(record) ?? `${record.topic}/${record.partition}/${record.offset}`);
    return isOpen ? SYSTEMIC : verdict;
  };
  const ofMany = (error: unknown): Verdict => {
    const verdict = classify(error);
    return isCounted(verdict) && breaker.isOpen(dependencyOf(error)) ? SYSTEMIC : verdict;
  };
  return Object.assign(judge, { ofMany });
}

/** A broken contract says nothing of what handlers depend on, and our own stores have their back-off. */
function isCounted({ fate }: Verdict): boolean {
  return fate === 'transient' || fate === 'unknown';
}

function dependencyOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return DEFAULT_DEPENDENCY;
  const { dependency } = error as { dependency?: unknown };
  return typeof dependency === 'string' && dependency !== '' ? dependency : DEFAULT_DEPENDENCY;
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === code;
}
