import { backboneTargets } from './backbone-targets.ts';

const spread = (median: number) => ({ median, min: median, max: median });

describe('backboneTargets', () => {
  it('judges ratios from below and figures from above', () => {
    const targets = backboneTargets({
      ratios: [
        { workload: 'relay', against: 'hand-written', ...spread(1.5) },
        { workload: 'produce', against: 'hand-written', ...spread(1.29) },
        { workload: 'consume', against: 'kafka-consumer-perf', ...spread(0.3) },
      ],
      variants: [
        {
          comparison: 'latency',
          variant: 'throughline',
          eventsPerSecond: spread(200),
          p50Ms: spread(10.1),
          p99Ms: spread(50),
          repeats: 0,
          invalidRounds: 0,
        },
        {
          comparison: 'latency',
          variant: 'hand-written',
          eventsPerSecond: spread(200),
          p50Ms: spread(95),
          repeats: 0,
          invalidRounds: 0,
        },
      ],
    });
    expect(targets.map(({ text, isMet }) => [text, isMet])).toEqual([
      ['ratio relay hand-written', true],
      ['ratio produce hand-written', false],
      ['latency throughline, ms p50', false],
      ['latency throughline, ms p99', true],
    ]);
  });
});
