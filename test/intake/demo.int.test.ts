import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RunningInstallation, startInstallation } from '../../scripts/installation/running-installation.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Growing by the usual factor: the last of five tries is eight and a half seconds behind the first. */
const RETRY_BACKOFF_MS = '100';

let installation: RunningInstallation;

beforeAll(async () => {
  installation = await startInstallation({
    dataDir: join(ROOT, '.throughline', 'e2e-intake'),
    systems: ['intake'],
    env: { ...process.env, RETRY_BACKOFF_MS },
  });
}, 200_000);

afterAll(async () => {
  await installation?.stop();
}, 60_000);

describe('the demo of order intake', () => {
  it('shows its steps, each try of the order that the database refuses among them', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['scripts/demo-intake.ts', '--data-dir', installation.dataDir],
      { cwd: ROOT, env: { ...process.env, DATABASE_URL: '' } },
    );
    expect(stdout.match(/^ ?\d+\. /gm)).toHaveLength(10);
    expect([...stdout.matchAll(/^ +try (\d) at \S+ .*: (retried, \w+|dead-lettered)/gm)].map(([, ...seen]) => seen)).toEqual([
      ['1', 'retried, 100ms'],
      ['2', 'retried, 400ms'],
      ['3', 'retried, 1600ms'],
      ['4', 'retried, 6400ms'],
      ['5', 'dead-lettered'],
    ]);
    expect(stdout).toContain('All 10 steps were seen.');
  }, 120_000);
});
