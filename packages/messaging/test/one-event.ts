import { EventError } from '@throughline/events';
import type { InMemoryTransaction } from '../src/in-memory/in-memory-inbox.ts';
import type { EventHandler } from '../src/subscribing/subscription.ts';
import { GROUP, openPipeline } from './open-pipeline.ts';

/** Of the event that `thing()` is. */
export const KEY = { group: GROUP, source: 'THING_SERVICE', id: 'event-1' };

export const transient = () => new EventError('SEND_FAILED', 'away', { retryable: true });

export const openWith = (
  handler: EventHandler<InMemoryTransaction>,
  options: Omit<Parameters<typeof openPipeline>[0], 'handlers'> = {},
) => openPipeline({ handlers: { THING_HAPPENED: handler }, ...options });

/** A handler that notes the attempts it was called with. */
export function counting(outcome: (call: number) => void = () => {}) {
  const attempts: number[] = [];
  const handler: EventHandler<InMemoryTransaction> = async (_, { attempt }) => {
    attempts.push(attempt);
    outcome(attempts.length);
  };
  return { attempts, handler };
}
