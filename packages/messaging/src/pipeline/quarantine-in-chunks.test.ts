import { chunkOf, keyOf, openForChunks } from '../../test/chunks.ts';
import { createManualClock } from '../../test/manual-clock.ts';

describe('an event that may kill the process', () => {
  it('waits for one transaction of others and not for all that their chunk still has to do, which goes on after it', async () => {
    const clock = createManualClock();
    const calls: string[] = [];
    const effects: string[] = [];
    const { handle, claims, outcomes } = await openForChunks({
      handlers: {
        THING_HAPPENED: async ({ id }, { tx, attempt }) => {
          calls.push(`${id}${attempt}`);
          if (id.startsWith('endless')) await new Promise(() => {});
          tx.onCommit(() => effects.push(id));
        },
      },
      handlerTimeoutMs: 1_000,
      clock,
    });
    const [claim] = await claims.claim([keyOf('suspect')]);
    if (claim?.outcome !== 'claimed') throw new Error('not claimed');
    await claims.release([{ key: keyOf('suspect'), token: claim.token }], 'counted');

    const others = handle(chunkOf('endless-1 endless-2 a endless-3'));
    await clock.advance(0);
    const suspects = handle(chunkOf('suspect'));
    await clock.advance(0);
    expect(calls).toEqual(['endless-11']);
    await clock.advance(1_000);
    expect(await suspects).toEqual([]);
    expect(calls).toEqual(['endless-11', 'suspect2', 'endless-21']);
    await clock.advance(1_000);
    await clock.advance(1_000);
    expect(await others).toEqual([]);
    expect(effects).toEqual(['suspect', 'a']);
    expect(outcomes()).toEqual({
      ...{ suspect: 'handled', a: 'handled' },
      ...{ 'endless-1': 'retried', 'endless-2': 'retried', 'endless-3': 'retried' },
    });
  });
});
