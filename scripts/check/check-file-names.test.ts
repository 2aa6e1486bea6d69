import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = mkdtempSync(join(tmpdir(), 'throughline-names-'));
const good = ['packages/a/src/claim-event.ts', 'packages/a/node_modules/b/lib/utils.js', 'services/x/src/database.ts'];
const bad = [
  'packages/a/src/utils.ts',
  'packages/a/src/retry-helpers.test.ts',
  'services/x/src/lib/claim-event.ts',
  'scripts/common/x.ts',
];

function check(): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, [join(import.meta.dirname, 'check-file-names.ts'), root], { encoding: 'utf8' });
}

function write(file: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), '');
}

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the check of file names', () => {
  it('passes good names and names every bad one', () => {
    for (const file of good) write(file);
    expect(check()).toMatchObject({ status: 0, stdout: '' });
    for (const file of bad) write(file);
    const { status, stdout } = check();
    expect(status).toBe(1);
    const named = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0]);
    expect(named.sort()).toEqual([
      'packages/a/src/retry-helpers.test.ts',
      'packages/a/src/utils.ts',
      'scripts/common',
      'services/x/src/lib',
    ]);
  });
});
