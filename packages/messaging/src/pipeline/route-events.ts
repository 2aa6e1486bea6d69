import { matchesPattern } from '@throughline/events';
import type { BatchHandler, EventHandler, Subscription } from '../subscribing/subscription.ts';

/** Who handles a type of events. */
export type Route<Tx> =
  | { readonly takes: 'one'; readonly handle: EventHandler<Tx> }
  | { readonly takes: 'many'; readonly handle: BatchHandler<Tx> };

type Handlers<Tx> = Pick<Subscription<Tx>, 'handlers' | 'batchHandlers'>;

const WILDCARD = /[*#]/;

/** Whether a name of a topic or type is a pattern. */
export function isPattern(name: string): boolean {
  return WILDCARD.test(name);
}

/** Finds the handler of a type: its own name first, then the patterns in the order of declaration, `handlers` before `batchHandlers`. */
export function createRouter<Tx>({ handlers = {}, batchHandlers = {} }: Handlers<Tx>): (type: string) => Route<Tx> | undefined {
  const declared = [
    ...Object.entries(handlers).map(([name, handle]) => ({ name, route: { takes: 'one', handle } as Route<Tx> })),
    ...Object.entries(batchHandlers).map(([name, handle]) => ({ name, route: { takes: 'many', handle } as Route<Tx> })),
  ];
  const found = new Map<string, Route<Tx> | undefined>(declared.map(({ name, route }) => [name, route]));
  const patterns = declared.filter(({ name }) => isPattern(name));
  return (type) => {
    if (found.has(type)) return found.get(type);
    const route = patterns.find(({ name }) => matchesPattern(name, type))?.route;
    remember(found, type, route);
    return route;
  };
}

/** Types come from records: whoever writes a new one into each must not fill the memory. */
const MAX_REMEMBERED = 10_000;

function remember<Tx>(found: Map<string, Route<Tx> | undefined>, type: string, route: Route<Tx> | undefined): void {
  if (found.size < MAX_REMEMBERED) found.set(type, route);
}
