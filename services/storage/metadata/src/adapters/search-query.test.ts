import { buildSearch, containsPattern } from './search-query.ts';

describe('containsPattern', () => {
  it.each([
    ['100%', '%100\\%%'],
    ['a_b', '%a\\_b%'],
    ['c:\\d', '%c:\\\\d%'],
    ['ÄB', '%äb%'],
  ])('finds %s literally', (text, pattern) => {
    expect(containsPattern(text)).toBe(pattern);
  });
});

describe('buildSearch', () => {
  it('never puts what the caller wrote into the statement', () => {
    const evil = `x'; DROP TABLE object_metadata; --`;
    const { sql, parameters } = buildSearch({
      callerId: evil,
      filters: { bucket: evil, fileName: evil, description: evil, tags: [evil] },
      limit: 5,
      after: { createdAt: evil, id: evil },
    });
    expect(sql).not.toContain('DROP');
    expect(parameters).toHaveLength(8);
  });
});
