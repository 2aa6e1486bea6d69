import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { borrowFaultStage, type FaultStage } from './fault-stage.ts';
import { runUnderFaults } from './run-under-faults.ts';

describe('random faults', () => {
  let stage: FaultStage;
  let logDir: string;

  beforeAll(async () => {
    stage = await borrowFaultStage();
    logDir = await mkdtemp(join(tmpdir(), 'throughline-faults-'));
  });

  afterAll(() => stage.close());

  it('break no promise, for some seconds under load', async () => {
    const lines: string[] = [];
    const report = await runUnderFaults({
      stage,
      seed: 20,
      durationMs: 10_000,
      eventsPerSecond: 200,
      members: 2,
      logDir,
      drainDeadlineMs: 60_000,
      report: (line) => lines.push(line),
    });
    // The logs stay where they are when this fails.
    expect({ violations: report.violations, logDir, lines }).toEqual({ violations: [], logDir, lines });
    expect(report.events).toBeGreaterThan(200);
    expect([...report.faults.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
    await rm(logDir, { recursive: true });
  }, 120_000);
});
