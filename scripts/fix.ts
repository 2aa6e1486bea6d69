import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const paths = process.argv.length > 2 ? process.argv.slice(2) : ['.'];
const commands: readonly (readonly [string, ...string[]])[] = [
  [process.execPath, 'scripts/check/check-lock-file.ts', '--write'],
  [process.execPath, 'scripts/generate-chart.ts'],
  [join(ROOT, 'node_modules', '.bin', 'biome'), 'check', '--write', ...paths],
];

for (const [command, ...args] of commands) {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
}
