import type { ContractRegistry, ContractViolation } from '@throughline/contracts';
import { type EnvelopeCodec, type Event, EventError } from '@throughline/events';

export interface ContractCheckOptions {
  readonly codec: EnvelopeCodec;
  readonly contracts: ContractRegistry;
}

/**
 * Checks an envelope against its contract in the open view: properties we do not know pass. An event that names a version newer than ours
 * is checked against the newest that we have. The check throws `CONTRACT_UNKNOWN` or `CONTRACT_VIOLATED`.
 */
export function createContractCheck({ codec, contracts }: ContractCheckOptions): (event: Event) => void {
  const known = new Set(contracts.names);
  return (event) => {
    const name = event.dataSchema !== undefined && known.has(event.dataSchema) ? event.dataSchema : contracts.newest(event.type);
    if (name === undefined) throw new EventError('CONTRACT_UNKNOWN', `No contract for events of type ${event.type}`);
    const violations = contracts.validate(name, codec.toEnvelope(event), 'open');
    if (violations.length > 0) throw contractViolated(name, event, violations);
  };
}

/** Names every violation with its path. */
export function contractViolated(name: string, event: Event, violations: readonly ContractViolation[]): EventError {
  const list = violations.map(({ path, message }) => `${path || '/'} ${message}`).join('; ');
  return new EventError('CONTRACT_VIOLATED', `${event.type} ${event.id} breaks ${name}: ${list}`);
}
