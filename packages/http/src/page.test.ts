import { decodeCursor, encodeCursor } from './page.ts';
import { Problem } from './problems/problem.ts';

describe('cursors', () => {
  it('come back as they went', () => {
    const values = ['2026-01-06T10:14:52.643695Z', 7, null, true, 'ä/+?'];
    expect(encodeCursor(values)).toMatch(/^[\w-]+$/);
    expect(decodeCursor(encodeCursor(values), 5)).toEqual(values);
  });

  it.each([
    ['not base64url', 'a+b', undefined],
    ['not JSON', Buffer.from('hello').toString('base64url'), undefined],
    ['no list', Buffer.from('{"a":1}').toString('base64url'), undefined],
    ['objects in it', Buffer.from('[{}]').toString('base64url'), undefined],
    ['another number of values', encodeCursor(['a']), 2],
    ['empty', '', undefined],
  ])('%s: 422 naming query/after', (_case, text, length) => {
    expect.assertions(2);
    try {
      decodeCursor(text, length);
    } catch (error) {
      expect(error).toBeInstanceOf(Problem);
      expect(error).toMatchObject({ kind: 'unprocessable', errors: [{ field: 'query/after' }] });
    }
  });
});
