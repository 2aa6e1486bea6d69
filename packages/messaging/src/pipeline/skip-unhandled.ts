import type { Concern } from './delivery.ts';

/** Lets pass what the group has no handler for, without decoding it. A record of unknown type goes on: it is a failure, not a foreign type. */
export function skipUnhandled(handlers: Readonly<Record<string, unknown>>): Concern {
  return (next) => async (delivery) => {
    const { type } = delivery.identity;
    return type === undefined || Object.hasOwn(handlers, type) ? next(delivery) : 'skipped';
  };
}
