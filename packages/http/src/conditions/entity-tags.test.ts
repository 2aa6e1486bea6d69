import { parseEntityTags } from './entity-tags.ts';

const strong = (value: string) => ({ isWeak: false, value });
const weak = (value: string) => ({ isWeak: true, value });

describe('parseEntityTags (RFC 9110 §8.8.3)', () => {
  it.each([
    ['*', '*'],
    [' * ', '*'],
    ['"a"', [strong('a')]],
    ['W/"a"', [weak('a')]],
    ['""', [strong('')]],
    ['"a", W/"b" ,"c"', [strong('a'), weak('b'), strong('c')]],
    ['"a",,"b",', [strong('a'), strong('b')]],
    ['"a,b"', [strong('a,b')]],
    ['a', undefined],
    ['"a', undefined],
    ['"a" "b"', undefined],
    ['w/"a"', undefined],
    ['"a", b', undefined],
    ['', undefined],
  ])('%s', (header, expected) => {
    expect(parseEntityTags(header)).toEqual(expected);
  });
});
