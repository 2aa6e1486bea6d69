import { inBatches } from './in-batches.ts';

function controlled() {
  const pieces: { items: readonly number[]; end: PromiseWithResolvers<string> }[] = [];
  const ask = inBatches((items: readonly number[]) => {
    const end = Promise.withResolvers<string>();
    pieces.push({ items: [...items], end });
    return end.promise;
  });
  return { pieces, ask };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('inBatches', () => {
  it('lets a caller alone begin at once', async () => {
    const { pieces, ask } = controlled();
    const first = ask(1);
    await settled();
    expect(pieces.map((piece) => piece.items)).toEqual([[1]]);
    pieces[0]?.end.resolve('one');
    expect(await first).toBe('one');
    void ask(2);
    await settled();
    expect(pieces.map((piece) => piece.items)).toEqual([[1], [2]]);
  });

  it('never gives a caller a piece that had begun before the call', async () => {
    const { pieces, ask } = controlled();
    const first = ask(1);
    await settled();
    const others = [ask(2), ask(3)];
    await settled();
    expect(pieces.map((piece) => piece.items)).toEqual([[1]]);
    pieces[0]?.end.resolve('old');
    await settled();
    expect(pieces.map((piece) => piece.items)).toEqual([[1], [2, 3]]);
    pieces[1]?.end.resolve('new');
    expect(await Promise.all([first, ...others])).toEqual(['old', 'new', 'new']);
  });

  it('tells the callers of a piece that failed, and goes on with the next', async () => {
    const { pieces, ask } = controlled();
    const first = ask(1);
    await settled();
    const second = ask(2);
    pieces[0]?.end.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await settled();
    pieces[1]?.end.resolve('back');
    expect(await second).toBe('back');
  });
});
