import { EventError } from '@throughline/events';
import type { Clock } from '../clock.ts';
import type { Inbox } from '../inbox.ts';
import type { EventHandler } from '../subscription.ts';
import type { Deliver, Delivery } from './delivery.ts';

export interface RunHandlerOptions<Tx> {
  readonly inbox: Inbox<Tx>;
  // biome-ignore lint/suspicious/noExplicitAny: as in Subscription.handlers
  readonly handlers: Readonly<Record<string, EventHandler<Tx, any>>>;
  readonly handlerTimeoutMs: number;
  readonly clock: Clock;
}

/** The heart: the handler in the transaction that records its event as processed, within its time. */
export function runHandler<Tx>(options: RunHandlerOptions<Tx>): Deliver {
  return async (delivery) => {
    const event = delivery.event();
    const handler = options.handlers[event.type] as EventHandler<Tx>;
    return options.inbox.handleOnce(delivery.identity, (tx) =>
      withTimeout(options, delivery, (signal) =>
        handler(event, {
          tx,
          attempt: delivery.attempt,
          signal,
          idempotencyKey: `${delivery.identity.group}:${event.id}`,
          cause: { correlationId: event.correlationId ?? event.id, causationId: event.id },
        }),
      ),
    );
  };
}

/** Rejects as soon as time is over or the result would be thrown away, also when the handler does not listen to its signal. */
async function withTimeout(
  { handlerTimeoutMs, clock }: { handlerTimeoutMs: number; clock: Clock },
  { signal: outer, identity }: Delivery,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    const give = (error: EventError) => {
      controller.abort(error);
      reject(error);
    };
    const onTimeout = () =>
      give(
        new EventError('HANDLER_TIMEOUT', `Handler of ${identity.type} took longer than ${handlerTimeoutMs} ms`, {
          retryable: true,
        }),
      );
    const onAbort = () => give(new EventError('SHUTTING_DOWN', `Handler of ${identity.type} was stopped`, { retryable: true }));
    const cancel = clock.after(handlerTimeoutMs, onTimeout);
    outer.addEventListener('abort', onAbort, { once: true });
    stop = () => {
      cancel();
      outer.removeEventListener('abort', onAbort);
    };
    if (outer.aborted) onAbort();
  });
  try {
    await Promise.race([stopped, work(controller.signal)]);
  } finally {
    stop();
  }
}
