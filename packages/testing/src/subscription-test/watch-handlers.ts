import type { Subscription } from '@throughline/messaging';

/** The subscription with its handlers counted while they run. */
export function watchHandlers<Tx>(subscription: Subscription<Tx>): { readonly watched: Subscription<Tx>; running(): number } {
  let running = 0;
  const watch =
    <Given extends unknown[]>(handler: (...given: Given) => Promise<void>) =>
    async (...given: Given): Promise<void> => {
      running += 1;
      try {
        await handler(...given);
      } finally {
        running -= 1;
      }
    };
  const watchAll = <Handler extends (...given: never[]) => Promise<void>>(handlers: Readonly<Record<string, Handler>>) =>
    Object.fromEntries(Object.entries(handlers).map(([type, handler]) => [type, watch(handler as never)]));
  const { handlers, batchHandlers } = subscription;
  return {
    running: () => running,
    watched: {
      ...subscription,
      ...(handlers !== undefined && { handlers: watchAll(handlers) }),
      ...(batchHandlers !== undefined && { batchHandlers: watchAll(batchHandlers) }),
    },
  };
}
