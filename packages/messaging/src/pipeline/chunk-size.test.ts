import { createChunkSize } from './chunk-size.ts';

describe('the size of chunks', () => {
  it('doubles while full chunks are quick, up to its bound', () => {
    const size = createChunkSize({ maxEvents: 100 });
    expect(size.current).toBe(32);
    size.took(32, 10);
    size.took(64, 10);
    expect(size.current).toBe(100);
  });

  it('stays where a chunk is not full, or takes about as long as it should', () => {
    const size = createChunkSize({ maxEvents: 100 });
    size.took(3, 1);
    size.took(32, 200);
    expect(size.current).toBe(32);
  });

  it('halves what took too long, down to one', () => {
    const size = createChunkSize({ maxEvents: 100 });
    size.took(10, 500);
    expect(size.current).toBe(5);
    for (let n = 0; n < 5; n += 1) size.took(size.current, 500);
    expect(size.current).toBe(1);
    size.took(1, 10);
    expect(size.current).toBe(2);
  });

  it('halves after a conflict', () => {
    const size = createChunkSize({ maxEvents: 100 });
    size.conflicted();
    expect(size.current).toBe(16);
  });
});
