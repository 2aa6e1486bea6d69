import type { ContractRegistry, ContractViolation } from '@throughline/contracts';
import { type EnvelopeCodec, type Event, EventError } from '@throughline/events';
import type { Concern } from './delivery.ts';

/**
 * Decodes, and checks the envelope against its contract in the open view: properties we do not know pass. An event that names a version
 * newer than ours is checked against the newest that we have.
 */
export function checkContract({ codec, contracts }: { codec: EnvelopeCodec; contracts: ContractRegistry }): Concern {
  const known = new Set(contracts.names);
  return (next) => async (delivery) => {
    const event = delivery.event();
    const name = event.dataSchema !== undefined && known.has(event.dataSchema) ? event.dataSchema : contracts.newest(event.type);
    if (name === undefined) throw new EventError('CONTRACT_UNKNOWN', `No contract for events of type ${event.type}`);
    const violations = contracts.validate(name, codec.toEnvelope(event), 'open');
    if (violations.length > 0) throw contractViolated(name, event, violations);
    return next(delivery);
  };
}

/** Names every violation with its path. */
export function contractViolated(name: string, event: Event, violations: readonly ContractViolation[]): EventError {
  const list = violations.map(({ path, message }) => `${path || '/'} ${message}`).join('; ');
  return new EventError('CONTRACT_VIOLATED', `${event.type} ${event.id} breaks ${name}: ${list}`);
}
