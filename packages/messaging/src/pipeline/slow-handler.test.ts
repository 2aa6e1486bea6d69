import { chunkOf, openForChunks } from '../../test/chunks.ts';
import type { InMemoryTransaction } from '../in-memory/in-memory-inbox.ts';
import type { EventHandler } from '../subscribing/subscription.ts';

/** A handler that keeps `slow` until it is told; what it was called with and what took effect. */
function holding(slow: readonly string[]) {
  const calls: string[] = [];
  const effects: string[] = [];
  const aborted: string[] = [];
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const handler: EventHandler<InMemoryTransaction> = async (event, { tx, attempt, signal }) => {
    calls.push(`${event.id}/${attempt}`);
    signal.addEventListener('abort', () => aborted.push(event.id));
    if (slow.includes(event.id)) await held;
    tx.onCommit(() => effects.push(event.id));
  };
  return { calls, effects, aborted, letGo, handlers: { THING_HAPPENED: handler } };
}

const passed = (check: () => boolean) =>
  new Promise<void>((resolve) => {
    const look = () => (check() ? resolve() : void setTimeout(look, 1));
    look();
  });

describe('a handler that takes long', () => {
  it('holds up none of those it shares a transaction with: they are run again without it, and it goes on alone, with its tries', async () => {
    const { calls, effects, aborted, letGo, handlers } = holding(['slow']);
    const { handle, finished, outcomes } = await openForChunks({ handlers, slowHandlerMs: 20 });
    const work = handle(chunkOf('a slow b c'));
    await passed(() => calls.filter((call) => call === 'slow/1').length === 2);
    expect(effects).toEqual(['a', 'b', 'c']);
    expect(finished.map(({ offset }) => offset)).toEqual([0n, 2n, 3n]);
    expect(aborted).toContain('slow');
    letGo();
    expect(await work).toEqual([]);
    expect(calls).toEqual(['a/1', 'slow/1', 'a/1', 'b/1', 'c/1', 'slow/1']);
    expect(effects).toEqual(['a', 'b', 'c', 'slow']);
    expect(outcomes()).toEqual({ a: 'handled', b: 'handled', c: 'handled', slow: 'handled' });
  });

  it('holds up none when there are several', async () => {
    const { calls, effects, letGo, handlers } = holding(['s', 't']);
    const { handle, outcomes } = await openForChunks({ handlers, slowHandlerMs: 20 });
    const work = handle(chunkOf('s a t b'));
    await passed(() => effects.length === 2 && calls.length > 5);
    letGo();
    expect(await work).toEqual([]);
    expect(effects.toSorted()).toEqual(['a', 'b', 's', 't']);
    expect(outcomes()).toEqual({ a: 'handled', b: 'handled', s: 'handled', t: 'handled' });
  });

  it('keeps the later ones of its key behind it', async () => {
    const { effects, letGo, calls, handlers } = holding(['slow']);
    const { handle } = await openForChunks({ handlers, slowHandlerMs: 20 });
    const work = handle(chunkOf('slow@k a behind@k'));
    await passed(() => calls.filter((call) => call === 'slow/1').length === 2);
    expect(effects).toEqual(['a']);
    letGo();
    await work;
    expect(effects).toEqual(['a', 'slow', 'behind']);
  });

  it('has the whole time that handlers have when it is alone, and fails for the first time after that', async () => {
    const { calls, handlers } = holding(['slow']);
    const { handle, told } = await openForChunks({ handlers, slowHandlerMs: 10, handlerTimeoutMs: 60 });
    const begunAt = performance.now();
    expect(await handle(chunkOf('a slow b'))).toEqual([]);
    expect(performance.now() - begunAt).toBeGreaterThan(65);
    expect(calls.filter((call) => call.startsWith('slow'))).toEqual(['slow/1', 'slow/1']);
    expect(told.find(({ eventId }) => eventId === 'slow')).toMatchObject({ outcome: 'retried', attempt: 1 });
  });

  it('is tried with others no more when all are: each would keep the rest waiting first', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `e${index}`);
    const calls: string[] = [];
    const handler: EventHandler<InMemoryTransaction> = async ({ id }) => {
      calls.push(id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const { handle, outcomes, pipeline } = await openForChunks({
      handlers: { THING_HAPPENED: handler },
      slowHandlerMs: 5,
      handlerTimeoutMs: 10_000,
    });
    const before = pipeline.maxChunkRecords();
    expect(await handle(chunkOf(ids.join(' ')))).toEqual([]);
    expect(calls).toEqual([...ids.slice(0, 8), ...ids]);
    expect(Object.values(outcomes())).toEqual(ids.map(() => 'handled'));
    expect(pipeline.maxChunkRecords()).toBeLessThan(before);
  });

  it('is left alone when nobody shares its transaction', async () => {
    const { calls, letGo, handlers } = holding(['slow']);
    const { handle } = await openForChunks({ handlers, slowHandlerMs: 10 });
    const work = handle(chunkOf('slow'));
    setTimeout(letGo, 40);
    expect([await work, calls]).toEqual([[], ['slow/1']]);
  });

  it('is left alone when it takes many events at once', async () => {
    const calls: number[] = [];
    const { handle } = await openForChunks({
      slowHandlerMs: 10,
      batchHandlers: {
        THING_HAPPENED: async (batch) => {
          calls.push(batch.length);
          await new Promise((resolve) => setTimeout(resolve, 40));
        },
      },
    });
    expect([await handle(chunkOf('a b c')), calls]).toEqual([[], [3]]);
  });
});
