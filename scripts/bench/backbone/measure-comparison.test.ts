import { measureComparison } from './measure-comparison.ts';
import type { Comparison, RunResult, Variant } from './measurement.ts';

const good: RunResult = { eventsPerSecond: 100, faults: [] };
const bad: RunResult = { eventsPerSecond: 900, faults: ['effects: 1 instead of 2'] };

/** A variant that gives these results in turn, the last one for ever, and notes its runs. */
function variant(name: string, results: readonly RunResult[], runs: string[]): Variant {
  let next = 0;
  return {
    name,
    run: async () => {
      runs.push(name);
      next += 1;
      return results[next - 1] ?? results.at(-1) ?? good;
    },
  };
}

function measure(variants: readonly Variant[], rounds: number, lines: string[] = []) {
  const comparison: Comparison = { name: 'relay', variants, ratios: [] };
  const signal = new AbortController().signal;
  return measureComparison(comparison, { rounds, signal, say: (line) => void lines.push(line) });
}

describe('measureComparison', () => {
  it('begins every other round at the other end', async () => {
    const runs: string[] = [];
    await measure([variant('a', [good], runs), variant('b', [good], runs), variant('c', [good], runs)], 3);
    expect(runs.join('')).toBe('abccbaabc');
  });

  it('repeats a run that does not count, and says so', async () => {
    const lines: string[] = [];
    const [measured] = await measure([variant('a', [bad, good], [])], 1, lines);
    expect(measured).toMatchObject({ eventsPerSecond: 100, repeats: 1, faults: [] });
    expect(lines[0]).toContain('does not count (effects: 1 instead of 2)');
  });

  it('gives up after two repeats and keeps the faults', async () => {
    const runs: string[] = [];
    const [measured] = await measure([variant('a', [bad], runs)], 1);
    expect(runs).toHaveLength(3);
    expect(measured).toMatchObject({ repeats: 2, faults: ['effects: 1 instead of 2'] });
  });

  it('takes a run that fails for one that does not count', async () => {
    const failing: Variant = { name: 'a', run: () => Promise.reject(new Error('ended before its time')) };
    const measured = await measure([failing, variant('b', [good], [])], 1);
    expect(measured.map(({ faults }) => faults)).toEqual([['ended before its time'], []]);
  });

  it('does not begin another run once it was told to stop', async () => {
    const abort = new AbortController();
    const stopping: Variant = {
      name: 'a',
      run: async () => {
        abort.abort(new Error('stopped'));
        return good;
      },
    };
    const comparison = { name: 'relay', variants: [stopping, stopping], ratios: [] };
    await expect(measureComparison(comparison, { rounds: 1, signal: abort.signal, say: () => undefined })).rejects.toThrow(
      'stopped',
    );
  });
});
