import { EventError } from '@throughline/events';
import type { Checkpoint } from './event-store.ts';

/** A place in the order of all events. */
export interface Place {
  readonly epoch: number;
  /** Transaction id, 64 bits. */
  readonly stamp: string;
  readonly position: string;
}

export const BEGINNING: Place = { epoch: 0, stamp: '0', position: '0' };
const CHECKPOINT = /^(\d{1,9})-(\d{1,20})-(\d{1,19})$/;

export function formatCheckpoint({ epoch, stamp, position }: Place): Checkpoint {
  return `${epoch}-${stamp}-${position}`;
}

/** @throws {EventError} `CONFIGURATION_REFUSED` */
export function parseCheckpoint(checkpoint: Checkpoint | undefined): Place {
  if (checkpoint === undefined) return BEGINNING;
  const [, epoch, stamp, position] = CHECKPOINT.exec(checkpoint) ?? [];
  if (epoch === undefined || stamp === undefined || position === undefined) {
    throw new EventError('CONFIGURATION_REFUSED', `${JSON.stringify(checkpoint)} is not a checkpoint of the event store`);
  }
  return { epoch: Number(epoch), stamp, position };
}
