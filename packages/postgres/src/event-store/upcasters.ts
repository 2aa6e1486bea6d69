import { EventError } from '@throughline/events';
import type { StreamEvent } from './event-store.ts';

/** Brings the data of one schema version into the next one's form. What is stored stays as it is. */
export interface Upcaster {
  readonly type: string;
  /** The version it understands; what it gives has the next one. */
  readonly fromSchemaVersion: number;
  /** The type under which the event goes on. (Default: the same) */
  readonly toType?: string;
  /** Pure: the same data always becomes the same. */
  readonly upcast: (data: never, event: StreamEvent) => unknown;
}

export interface Upcasting {
  /** The event in its newest form. */
  upcast(event: StreamEvent): StreamEvent;
  /** Types under which events that are now of these types may be stored. */
  storedTypes(types: readonly string[]): readonly string[];
}

/** @throws {EventError} `CONFIGURATION_REFUSED` when two upcasters begin at the same version of a type */
export function createUpcasting(upcasters: readonly Upcaster[]): Upcasting {
  const steps = new Map<string, Upcaster>();
  for (const upcaster of upcasters) {
    const name = nameOf(upcaster.type, upcaster.fromSchemaVersion);
    if (steps.has(name)) throw new EventError('CONFIGURATION_REFUSED', `Two upcasters begin at ${name}`);
    steps.set(name, upcaster);
  }
  return {
    upcast: (stored) => {
      let event = stored;
      for (let step = stepOf(event); step !== undefined; step = stepOf(event)) {
        const data = step.upcast(event.data as never, event);
        event = { ...event, type: step.toType ?? event.type, schemaVersion: event.schemaVersion + 1, data };
      }
      return event;
    },
    storedTypes: (types) => {
      const found = new Set(types);
      for (let size = 0; size !== found.size; ) {
        size = found.size;
        for (const { type, toType } of upcasters) if (toType !== undefined && found.has(toType)) found.add(type);
      }
      return [...found];
    },
  };

  function stepOf({ type, schemaVersion }: StreamEvent): Upcaster | undefined {
    return steps.get(nameOf(type, schemaVersion));
  }
}

function nameOf(type: string, schemaVersion: number): string {
  return `${type}.v${schemaVersion}`;
}
