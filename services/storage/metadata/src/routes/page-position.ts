import { decodeCursor, encodeCursor, validationFailed } from '@throughline/http';
import type { PagePosition } from '../adapters/search-query.ts';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** One page of at most `limit` out of `found`, which was asked for one more; `next` is null at the end. */
export function pageOf<Item>(found: readonly Item[], limit: number, position: (item: Item) => PagePosition) {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (last === undefined || found.length <= limit) return { items, next: null };
  const { createdAt, id } = position(last);
  return { items, next: encodeCursor([createdAt, id]) };
}

/** Reads a cursor that `pageOf` made. @throws {Problem} 422 naming `query/after` for any other text. */
export function readPosition(after: string | undefined): PagePosition | undefined {
  if (after === undefined) return undefined;
  const [createdAt, id] = decodeCursor(after, 2);
  if (!isTime(createdAt) || typeof id !== 'string' || !UUID.test(id)) {
    throw validationFailed([{ field: 'query/after', message: 'is not a cursor of this list' }]);
  }
  return { createdAt, id };
}

/** Only what Postgres can read too: a cursor is text from outside. */
function isTime(value: unknown): value is string {
  if (typeof value !== 'string' || !TIME.test(value) || value.startsWith('0000')) return false;
  const time = new Date(value);
  // Date takes 30 February for 2 March.
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value.slice(0, 19));
}
