import { type Event, EventError } from '@throughline/events';
import type { HandlerContext, Subscription } from '@throughline/messaging';
import type { Transaction } from '@throughline/postgres';
import { deleteObject, lockObject, saveObject } from '../adapters/metadata-store.ts';
import { mergeMetadata } from '../domain/merge-metadata.ts';
import type { ObjectDeletedPayload, ObjectWrittenPayload } from '../domain/object-events.ts';
import { readChange } from '../domain/read-change.ts';

type Context = Pick<HandlerContext<Transaction>, 'tx'>;

/** What this service does with each object event. Safe in any order: the newest revision wins and a deletion is final. */
export const objectHandlers: NonNullable<Subscription<Transaction>['handlers']> = {
  OBJECT_CREATED: handleWritten,
  OBJECT_UPDATED: handleWritten,
  OBJECT_DELETED: handleDeleted,
};

async function handleWritten(event: Event<ObjectWrittenPayload>, { tx }: Context): Promise<void> {
  const { metadata, version } = readChange(event, requireOwner(event));
  const state = await lockObject(tx, metadata.objectId);
  if (state.isDeleted) return;
  await saveObject(tx, state.metadata === undefined ? metadata : mergeMetadata(state.metadata, metadata), version);
}

async function handleDeleted(event: Event<ObjectDeletedPayload>, { tx }: Context): Promise<void> {
  await lockObject(tx, event.data.objectId);
  await deleteObject(tx, event.data.objectId, event.time);
}

function requireOwner(event: Event): string {
  if (event.ownerId === undefined) throw new EventError('CONTRACT_VIOLATED', `Event ${event.id} names no owner.`);
  return event.ownerId;
}
