import fc from 'fast-check';
import { prefixUpperBound } from './prefix-bound.ts';

const byBytes = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right));

describe('prefixUpperBound', () => {
  it.each([
    ['a', 'b'],
    ['a/', 'a0'],
    ['\ud7ff', '\ue000'],
    ['a\u{10ffff}', 'b'],
  ])('of %j is %j', (prefix, bound) => {
    expect(prefixUpperBound(prefix)).toBe(bound);
  });

  it.each(['', '\u{10ffff}\u{10ffff}'])('of %j does not exist', (prefix) => {
    expect(prefixUpperBound(prefix)).toBeUndefined();
  });

  it('is above a text exactly when the text does not come after all texts with the prefix', () => {
    const text = fc.string({ unit: 'binary', maxLength: 4 });
    fc.assert(
      fc.property(text, text, (prefix, other) => {
        const bound = prefixUpperBound(prefix);
        if (bound === undefined) return;
        const isInRange = byBytes(other, prefix) >= 0 && byBytes(other, bound) < 0;
        expect(isInRange).toBe(other.startsWith(prefix));
      }),
    );
  });
});
