import { EventError, matchesPattern } from '@throughline/events';
import { isPattern } from '../pipeline/route-events.ts';
import type { Subscription } from './subscription.ts';

type Rule = (subscription: Subscription<never>, settings: { readonly hasParkingLot: boolean }) => readonly string[];

/** A fetch that waits longer would keep heartbeats and leaving waiting. */
const MAX_LINGER_MS = 1_000;

const RULES: readonly Rule[] = [
  ({ group, handlers = {}, batchHandlers = {} }) =>
    Object.keys(handlers)
      .filter((name) => Object.hasOwn(batchHandlers, name))
      .map((name) => `handlers and batchHandlers of ${group} both have ${name}: one of them would never be called`),
  ({ group, handlers = {}, batchHandlers = {} }) =>
    Object.keys(handlers).length + Object.keys(batchHandlers).length > 0
      ? []
      : [`handlers and batchHandlers of ${group} are both empty: every event would be skipped`],
  ({ group, contracts, handlers = {}, batchHandlers = {} }) => {
    const without = [...Object.keys(handlers), ...Object.keys(batchHandlers)].filter((type) =>
      isPattern(type) ? !contracts.names.some((name) => matchesPattern(type, name)) : contracts.newest(type) === undefined,
    );
    return without.length === 0 ? [] : [`${group} handles ${without.join(', ')}, for which contracts has no contract`];
  },
  ({ group, order }, { hasParkingLot }) =>
    order === 'key' && !hasParkingLot
      ? [`order 'key' of ${group} needs a parking lot in its database: give parking, or say order 'none'`]
      : [],
  ({ group, hasOutsideEffects, batchHandlers = {} }) =>
    hasOutsideEffects === true && Object.keys(batchHandlers).length > 0
      ? [`hasOutsideEffects (true) of ${group} gives each event a transaction of its own, batchHandlers take many: use handlers`]
      : [],
  ({ group, maxBatchEvents, concurrency, slowHandlerMs }) =>
    Object.entries({ maxBatchEvents, concurrency, slowHandlerMs }).flatMap(([name, value]) =>
      value === undefined || (Number.isInteger(value) && value >= 1)
        ? []
        : [`${name} (${value}) of ${group} must be a whole number above 0`],
    ),
  ({ group, lingerMs = 0 }) =>
    Number.isInteger(lingerMs) && lingerMs >= 0 && lingerMs <= MAX_LINGER_MS
      ? []
      : [`lingerMs (${lingerMs}) of ${group} must be a whole number from 0 to ${MAX_LINGER_MS}`],
  ({ group, breaker }) => {
    const { minFailedKeys = 1, minFailureRate = 1, windowMs = 1 } = breaker ?? {};
    const isSound = minFailedKeys >= 1 && minFailureRate > 0 && minFailureRate <= 1 && windowMs > 0;
    return isSound
      ? []
      : [`breaker of ${group}: minFailedKeys and windowMs must be above 0, minFailureRate above 0 and at most 1`];
  },
];

/** Refuses a declaration that contradicts itself. @throws {EventError} `CONFIGURATION_REFUSED` naming both settings of each contradiction */
export function checkSubscription<Tx>(subscription: Subscription<Tx>, settings: { readonly hasParkingLot: boolean }): void {
  const faults = RULES.flatMap((rule) => rule(subscription as Subscription<never>, settings));
  if (faults.length > 0) throw new EventError('CONFIGURATION_REFUSED', faults.join('; '));
}
