/**
 * Work that callers share: one piece runs at a time, and whoever comes meanwhile is in the next. So everybody gets a piece that began after the call, and
 * the more callers there are the less each costs; alone nobody waits.
 */
export function inBatches<Item, Result>(
  work: (items: readonly [Item, ...Item[]]) => Promise<Result>,
): (item: Item) => Promise<Result> {
  let running: Promise<unknown> | undefined;
  let next: { readonly items: [Item, ...Item[]]; readonly result: Promise<Result> } | undefined;

  async function runAfter(before: Promise<unknown> | undefined, items: readonly [Item, ...Item[]]): Promise<Result> {
    await before;
    next = undefined;
    const result = work(items);
    const settled = result.then(
      () => {},
      () => {},
    );
    running = settled;
    void settled.then(() => {
      if (running === settled) running = undefined;
    });
    return result;
  }

  return (item) => {
    if (next === undefined) {
      const items: [Item, ...Item[]] = [item];
      next = { items, result: runAfter(running, items) };
    } else {
      next.items.push(item);
    }
    return next.result;
  };
}
