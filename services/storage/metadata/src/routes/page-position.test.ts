import { encodeCursor } from '@throughline/http';
import { pageOf, readPosition } from './page-position.ts';

const position = { createdAt: '2026-01-06T10:14:52.643695Z', id: '0af73ea9-7735-4f6b-8da6-7378bfea504a' };

describe('pageOf', () => {
  it('ends with a cursor that reads back as the last item shown', () => {
    const { items, next } = pageOf(
      [{ ...position }, { ...position, createdAt: '2026-01-05T00:00:00.000000Z' }],
      1,
      (item) => item,
    );
    expect(items).toEqual([position]);
    expect(readPosition(next ?? undefined)).toEqual(position);
  });

  it.each([
    [[position], 1],
    [[], 5],
  ])('ends with null when nothing is behind it', (found, limit) => {
    expect(pageOf(found, limit, (item) => item).next).toBeNull();
  });
});

describe('readPosition', () => {
  it.each<[string, string]>([
    ['no base64url', '***'],
    ['no JSON', 'AAAA'],
    ['no time', encodeCursor(['yesterday', position.id])],
    ['a time that is none', encodeCursor(['2026-13-41T99:00:00.000000Z', position.id])],
    ['a day that its month has not', encodeCursor(['2026-02-30T00:00:00.000000Z', position.id])],
    ['the year 0, which Postgres has not', encodeCursor(['0000-01-01T00:00:00.000000Z', position.id])],
    ['no id', encodeCursor([position.createdAt, "'; --"])],
    ['too few values', encodeCursor([position.createdAt])],
  ])('refuses a cursor with %s', (_what, cursor) => {
    expect(() => readPosition(cursor)).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ field: 'query/after' })] }),
    );
  });
});
