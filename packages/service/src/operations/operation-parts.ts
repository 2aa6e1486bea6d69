import {
  type CursorValue,
  cursorCheck,
  decodeCursor,
  encodeCursor,
  Problem,
  pageSchema,
  validationFailed,
} from '@throughline/http';
import Type from 'typebox';

/** Who decides, for the audit log; whoever has the token may say any name. */
export const OperatorHeaders = Type.Object({
  'x-operator': Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Who does it, for the audit log.' })),
});

export function operatorOf(headers: { readonly 'x-operator'?: string }): string {
  return headers['x-operator'] ?? 'unknown';
}

/** Spread into every list's query schema. */
export const PageQuery = pageSchema().properties;

/** The place of the last row of a page, as the cursor has it. @throws {Problem} 422 for any other text */
export function readPlace(after: string | undefined): string | undefined {
  if (after === undefined) return undefined;
  const [place] = decodeCursor(after, 1);
  if (isPlace(place)) return place;
  throw validationFailed([{ field: 'query/after', message: 'is not a cursor of this list' }]);
}

/** `fieldChecks` of every list. */
export const PAGE_CHECKS = { 'query/after': cursorCheck(readPlace) };

/** A page of rows that were asked for with one more than the limit, to see whether there is another. */
export function pageOf<Row extends { readonly seq: string }, Item>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Item,
): { items: Item[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map(show), next: rows.length > limit && last !== undefined ? encodeCursor([last.seq]) : null };
}

export function notFound(code: string, detail: string): Problem {
  return new Problem({ kind: 'not-found', code, detail });
}

/** Refuses with the state that stands in the way. */
export function stateConflict(code: string, detail: string, state: string): Problem {
  return new Problem({ kind: 'conflict', code, detail, members: { state } });
}

/** Below 2^63. */
function isPlace(value: CursorValue | undefined): value is string {
  return typeof value === 'string' && /^\d{1,18}$/.test(value);
}
