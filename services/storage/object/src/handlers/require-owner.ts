import { type Event, EventError } from '@throughline/events';

/** Whose bucket an event is about. @throws {EventError} `CONTRACT_VIOLATED` when it does not say. */
export function requireOwner(event: Event): string {
  if (event.ownerId === undefined) throw new EventError('CONTRACT_VIOLATED', `Event ${event.id} names no owner.`);
  return event.ownerId;
}
