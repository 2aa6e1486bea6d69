import fc from 'fast-check';
import { createQuarantine } from './quarantine.ts';

interface Task {
  readonly isAlone: boolean;
  /** Turns of the event loop between its begin and its end. */
  readonly turns: number;
  readonly fails: boolean;
  /** Turns before it asks. */
  readonly after: number;
}

const task: fc.Arbitrary<Task> = fc.record({
  isAlone: fc.boolean(),
  turns: fc.nat(4),
  fails: fc.boolean(),
  after: fc.nat(6),
});

async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

describe('the quarantine, whoever asks and however their work ends', () => {
  it('begins everything, in the order of asking, and nothing beside what is alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 30 }), async (tasks) => {
        const quarantine = createQuarantine();
        const asked: number[] = [];
        const begun: number[] = [];
        const atWork = new Set<number>();
        const beside: number[] = [];
        const work =
          (index: number, { isAlone, turns, fails }: Task) =>
          async () => {
            const othersAreAlone = [...atWork].some((other) => tasks[other]?.isAlone);
            if (othersAreAlone || (isAlone && atWork.size > 0)) beside.push(index);
            begun.push(index);
            atWork.add(index);
            await pass(turns);
            atWork.delete(index);
            if (fails) throw new Error('failed');
            return index;
          };
        const all = tasks.map(async (each, index) => {
          await pass(each.after);
          asked.push(index);
          return each.isAlone ? quarantine.alone(work(index, each)) : quarantine.together(work(index, each));
        });
        const results = await Promise.allSettled(all);
        expect(results.map(({ status }) => status)).toEqual(tasks.map(({ fails }) => (fails ? 'rejected' : 'fulfilled')));
        expect({ begun, beside }).toEqual({ begun: asked, beside: [] });
      }),
      { numRuns: 500 },
    );
  });

  it('goes on after work that throws before it returns a promise', async () => {
    const { alone, together } = createQuarantine();
    const broken = () => {
      throw new Error('at once');
    };
    await expect(alone(broken)).rejects.toThrow('at once');
    await expect(together(broken)).rejects.toThrow('at once');
    expect(await alone(async () => 'done')).toBe('done');
  });
});
