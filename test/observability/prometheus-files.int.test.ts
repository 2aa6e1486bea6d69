import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPrometheus } from '../../scripts/stack/prometheus.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'observability', 'prometheus');

/** What promtool, which comes with Prometheus, says; rejects with it when it finds a fault. */
async function promtool(...args: readonly string[]): Promise<string> {
  await findPrometheus({ progress: () => undefined });
  return (await promisify(execFile)('promtool', args, { cwd: FOLDER })).stdout;
}

describe('the files for Prometheus', () => {
  it('are a configuration that Prometheus takes, with its rules', async () => {
    expect(await promtool('check', 'config', 'kubernetes.yaml')).toMatch(/SUCCESS: 9 rules found/);
  });

  it('alert when and only when they should', async () => {
    expect(await promtool('test', 'rules', 'rules-test.yaml')).toContain('SUCCESS');
  });
});
