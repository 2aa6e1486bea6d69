import type { Measurement } from './measure-rounds.ts';
import { summarize } from './summarize.ts';
import type { TargetName } from './targets.ts';

function run(round: number, target: TargetName, requestsPerSecond: number): Measurement {
  return {
    round,
    workload: 'download-8MiB',
    target,
    requestsPerSecond,
    requests: 1,
    medianMs: round,
    p99Ms: round,
    generatorCpu: 0,
  };
}

describe('summarize', () => {
  it('takes the median of the ratios of the rounds and not the ratio of the medians', () => {
    const measurements = [
      ...[100, 50, 90].map((rate, index) => run(index + 1, 'service', rate)),
      ...[100, 40, 100].map((rate, index) => run(index + 1, 'plain-express', rate)),
    ];
    const { rates, ratios } = summarize(measurements);
    expect(rates).toEqual([
      { workload: 'download-8MiB', target: 'service', requestsPerSecond: 90, medianMs: 2, p99Ms: 2 },
      { workload: 'download-8MiB', target: 'plain-express', requestsPerSecond: 100, medianMs: 2, p99Ms: 2 },
    ]);
    expect(ratios).toEqual([{ workload: 'download-8MiB', of: 'service', against: 'plain-express', value: 1 }]);
  });
});
