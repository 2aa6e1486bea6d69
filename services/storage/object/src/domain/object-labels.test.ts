import { decodeHeaderList, decodeHeaderText } from './header-text.ts';
import { labelFaults, parseTagList, uniqueTags } from './object-labels.ts';

describe('labels', () => {
  it('accepts what is at the limits', () => {
    const tags = Array.from({ length: 50 }, (_, index) => `${index}`.padEnd(128, 'x'));
    expect(labelFaults({ description: 'x'.repeat(2048), tags, accessLevel: 'PUBLIC' })).toEqual([]);
    expect(labelFaults({ description: '😀'.repeat(2048), tags: ['😀'.repeat(128)] })).toEqual([]);
    expect(labelFaults({})).toEqual([]);
  });

  it('reports every fault at once', () => {
    const faults = labelFaults({ description: 'x'.repeat(2049), tags: ['a', ''], accessLevel: 'public' });
    expect(faults.map((fault) => fault.field)).toEqual(['description', 'tags', 'accessLevel']);
  });

  it.each([
    [['x'.repeat(129)]],
    [['a,b']],
    [[' ']],
    [['a ']],
    [['a\u0000']],
    [['\ud800']],
    [Array.from({ length: 51 }, (_, index) => `t${index}`)],
  ])('refuses the tags %j', (tags) => {
    expect(labelFaults({ tags })).toHaveLength(1);
  });

  it('refuses NUL and lone surrogates in a description', () => {
    expect(labelFaults({ description: 'a\u0000b' })).toHaveLength(1);
    expect(labelFaults({ description: '\udc00' })).toHaveLength(1);
  });

  it('reads a comma list', () => {
    expect(parseTagList(' images, travel ,images,, ')).toEqual(['images', 'travel']);
    expect(parseTagList('')).toEqual([]);
    expect(uniqueTags(['b', 'a', 'b'])).toEqual(['b', 'a']);
  });
});

describe('header text', () => {
  it('decodes percent-encoded UTF-8', () => {
    expect(decodeHeaderText('M%C3%BCnchen 100%25')).toBe('München 100%');
    expect(decodeHeaderList('caf%C3%A9, two%20words ,')).toEqual(['café', 'two words']);
    expect(decodeHeaderList('')).toEqual([]);
  });

  it.each(['%', '%zz', '%C3', 'MÃ¼nchen', 'a\u0001'])('refuses %j', (value) => {
    expect(decodeHeaderText(value)).toBeUndefined();
    expect(decodeHeaderList(`ok,${value}`)).toBeUndefined();
  });
});
