import Type, { type TInteger, type TObject, type TOptional, type TString } from 'typebox';
import { Problem } from './problems/problem.ts';
import { validationFailed } from './routing/validate-request.ts';

/** A name of 1024 bytes, each of which JSON escapes, as base64. */
const MAX_CURSOR_CHARACTERS = 4096;

/** Query parameters of every list: `limit` 1–1000 (default 50), `after` a cursor. Spread its `properties` into a larger schema. */
export function pageSchema(): TObject<{ limit: TInteger; after: TOptional<TString> }> {
  return Type.Object({
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 50, description: 'Items a page.' }),
    after: Type.Optional(Type.String({ maxLength: MAX_CURSOR_CHARACTERS, description: '`next` of the page before.' })),
  });
}

/** What a page ended with: the values of its sort key. */
export type CursorValue = string | number | boolean | null;

/** The values as an opaque base64url text. */
export function encodeCursor(values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/**
 * The values of a cursor.
 * @throws {Problem} 422 naming `query/after` when it is none of ours, or has another number of values than `length` says.
 */
export function decodeCursor(text: string, length?: number): CursorValue[] {
  if (!/^[\w-]+$/.test(text)) throw cursorProblem();
  const values = parse(Buffer.from(text, 'base64url').toString());
  if (!Array.isArray(values) || !values.every(isCursorValue) || (length !== undefined && values.length !== length))
    throw cursorProblem();
  return values;
}

/** A field check of `query/after` from the function that reads the list's cursors and throws a Problem for any other text. */
export function cursorCheck(read: (text: string) => unknown): (text: string) => string | undefined {
  return (text) => {
    try {
      read(text);
      return undefined;
    } catch (error) {
      if (error instanceof Problem) return error.errors[0]?.message ?? error.message;
      throw error;
    }
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isCursorValue(value: unknown): value is CursorValue {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function cursorProblem(): Problem {
  return validationFailed([{ field: 'query/after', message: 'is not a cursor of this list' }]);
}
