import { areKept, verdictOf } from './judge-uploads.ts';

const object = (number: number) => ({ fileName: `object-${number}`, objectId: `id-${number}` });
const listed = (number: number, overrides: object = {}) => ({ ...object(number), versions: 1, ...overrides });
const TWO = [object(1), object(2)];

describe('verdictOf', () => {
  it('finds nothing wrong where each acknowledged object is there once, whatever came of the others', () => {
    const verdict = verdictOf({ acknowledged: TWO, listed: [listed(1), listed(2), listed(3)], lost: [] });
    expect(verdict).toEqual({ acknowledged: 2, kept: 2, lost: [], unfound: [], doubled: [] });
    expect(areKept(verdict)).toBe(true);
  });

  it.each([
    ['lost, which has not its bytes', [listed(1), listed(2)], ['object-2'], { kept: 1, lost: ['object-2'] }],
    ['unfound, which the search does not show', [listed(1)], [], { kept: 1, unfound: ['object-2'] }],
    [
      'unfound, of which another object has the name',
      [listed(1), listed(2, { objectId: 'other' })],
      [],
      { unfound: ['object-2'] },
    ],
    ['doubled, which is there twice', [listed(1), listed(2), listed(2, { objectId: 'other' })], [], { doubled: ['object-2'] }],
    ['doubled, which has two versions', [listed(1), listed(2, { versions: 2 })], [], { kept: 2, doubled: ['object-2'] }],
    ['doubled, also of unknown outcome', [listed(1), listed(2), listed(3, { versions: 2 })], [], { doubled: ['object-3'] }],
  ])('calls an object %s', (_, found, lost, expected) => {
    const verdict = verdictOf({ acknowledged: TWO, listed: found, lost });
    expect(verdict).toMatchObject(expected);
    expect(areKept(verdict)).toBe(false);
  });
});
