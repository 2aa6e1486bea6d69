import type { ComparedRun, IntakeTargetName } from './compare-targets.ts';
import { summarizeIntake } from './summarize-intake.ts';

function run(round: number, target: IntakeTargetName, { p99Ms, cpuUsPerRequest }: { p99Ms: number; cpuUsPerRequest: number }) {
  const rest = { rate: 100, offered: 100, accepted: 100, maxMs: 99, generatorCpu: 0, reasons: {} };
  return { round, target, p50Ms: p99Ms / 2, p99Ms, cpuUsPerRequest, ...rest } satisfies ComparedRun;
}

function summaryOf(p99s: readonly number[]) {
  const compared = p99s.flatMap((p99Ms, index) => [
    run(index + 1, 'intake-api', { p99Ms, cpuUsPerRequest: 200 }),
    run(index + 1, 'plain-express', { p99Ms: p99Ms * (index + 1), cpuUsPerRequest: 100 }),
  ]);
  return summarizeIntake({ highestRate: 200, halfRate: 100, compared });
}

describe('summarizeIntake', () => {
  it('takes medians over the rounds, and of the ratios of the rounds', () => {
    const { targets, ratios } = summaryOf([30, 10, 20]);
    expect(targets).toEqual([
      { target: 'intake-api', p50Ms: 10, p99Ms: 20, maxMs: 99, cpuUsPerRequest: 200 },
      { target: 'plain-express', p50Ms: 15, p99Ms: 30, maxMs: 99, cpuUsPerRequest: 100 },
    ]);
    expect(ratios.slice(0, 3)).toEqual([
      { workload: 'accept-p50', against: 'plain-express', value: 2 },
      { workload: 'accept-p99', against: 'plain-express', value: 2 },
      { workload: 'accept-cpu', against: 'plain-express', value: 0.5 },
    ]);
  });

  it.each([
    [50, true],
    [50.1, false],
  ])('calls a p99 of %d ms met: %s', (p99Ms, isMet) => {
    expect(summaryOf([p99Ms]).lines).toEqual([
      { text: 'accept p99 ms at half the highest rate', wanted: '≤ 50', found: p99Ms, isMet },
    ]);
  });
});
