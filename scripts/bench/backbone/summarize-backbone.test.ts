import type { Comparison, Measurement } from './measurement.ts';
import { summarizeBackbone } from './summarize-backbone.ts';

const variant = (name: string) => ({ name, run: async () => ({ eventsPerSecond: 0, faults: [] }) });

const comparison: Comparison = {
  name: 'consume',
  variants: [variant('throughline'), variant('hand-written')],
  ratios: [
    { workload: 'consume', of: 'throughline', against: 'hand-written' },
    { workload: 'consume-p50', of: 'throughline', against: 'hand-written', quantity: 'p50Ms' },
  ],
};

function run(round: number, name: string, rest: Partial<Measurement>): Measurement {
  return { comparison: 'consume', variant: name, round, repeats: 0, faults: [], eventsPerSecond: 1, p50Ms: 1, ...rest };
}

describe('summarizeBackbone', () => {
  it('compares within a round and takes the median of the ratios', () => {
    const { ratios } = summarizeBackbone(
      [comparison],
      [
        run(1, 'throughline', { eventsPerSecond: 100, p50Ms: 2 }),
        run(1, 'hand-written', { eventsPerSecond: 10, p50Ms: 20 }),
        run(2, 'hand-written', { eventsPerSecond: 100, p50Ms: 40 }),
        run(2, 'throughline', { eventsPerSecond: 300, p50Ms: 10 }),
        run(3, 'throughline', { eventsPerSecond: 50, p50Ms: 1 }),
        run(3, 'hand-written', { eventsPerSecond: 10, p50Ms: 8 }),
      ],
    );
    expect(ratios).toEqual([
      { workload: 'consume', against: 'hand-written', median: 5, min: 3, max: 10 },
      { workload: 'consume-p50', against: 'hand-written', median: 8, min: 4, max: 10 },
    ]);
  });

  it('leaves runs out that do not count, and says how many', () => {
    const { ratios, variants } = summarizeBackbone(
      [comparison],
      [
        run(1, 'throughline', { eventsPerSecond: 20, repeats: 1 }),
        run(1, 'hand-written', { eventsPerSecond: 10 }),
        run(2, 'throughline', { eventsPerSecond: 900, faults: ['effects: 1 instead of 2'], repeats: 2 }),
        run(2, 'hand-written', { eventsPerSecond: 10 }),
      ],
    );
    expect(ratios[0]).toMatchObject({ median: 2, min: 2, max: 2 });
    expect(variants[0]).toMatchObject({ eventsPerSecond: { median: 20, min: 20, max: 20 }, repeats: 3, invalidRounds: 1 });
  });

  it('says nothing of what was never measured', () => {
    const { ratios, variants } = summarizeBackbone([comparison], [run(1, 'throughline', { faults: ['lost'] })]);
    expect(ratios).toEqual([]);
    expect(variants[1]).not.toHaveProperty('cpuUsPerEvent');
  });
});
