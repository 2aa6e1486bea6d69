import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { borrowFaultStage, type FaultStage } from '../random/fault-stage.ts';
import { runOutages } from './run-outages.ts';

describe('outages under load', () => {
  let stage: FaultStage;
  let logDir: string;

  beforeAll(async () => {
    stage = await borrowFaultStage();
    logDir = await mkdtemp(join(tmpdir(), 'throughline-outage-'));
  });

  afterAll(() => stage.close());

  it('make no dead letter and drain, whether the database or what handlers depend on is away', async () => {
    const lines: string[] = [];
    const { violations, legs, events } = await runOutages({
      stage,
      kinds: ['handlers-database', 'error'],
      outageMs: 5_000,
      warmUpMs: 1_000,
      eventsPerSecond: 200,
      members: 1,
      logDir,
      drainDeadlineMs: 60_000,
      report: (line) => lines.push(line),
    });
    // The logs stay where they are when this fails.
    expect({ violations, logDir, lines }).toEqual({ violations: [], logDir, lines });
    expect(legs.map(({ kind }) => kind)).toEqual(['handlers-database', 'error']);
    for (const { published } of legs) expect(published).toBeGreaterThan(100);
    expect(events).toBeGreaterThan(400);
    await rm(logDir, { recursive: true });
  }, 180_000);
});
