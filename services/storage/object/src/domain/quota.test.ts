import { quotaFault } from './quota.ts';

describe('quotaFault', () => {
  const quota = { maxBytes: 100, maxObjects: 2 };

  it('names the limit that is broken', () => {
    expect(quotaFault({ bytes: 100, objects: 2 }, quota)).toBeUndefined();
    expect(quotaFault({ bytes: 101, objects: 1 }, quota)).toContain('100 bytes');
    expect(quotaFault({ bytes: 1, objects: 3 }, quota)).toContain('2 objects');
  });
});
