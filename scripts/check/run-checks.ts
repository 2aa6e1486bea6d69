import { join } from 'node:path';
import { secondsSince } from '../stack/progress.ts';
import { tryCommand } from '../stack/run-command.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BIN = join(ROOT, 'node_modules', '.bin');

const CHECKS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format and lint', join(BIN, 'biome'), 'ci', '--colors=off', '--diagnostic-level=error', '--max-diagnostics=50', '.'],
  ['types', join(BIN, 'tsc'), '-p', 'tsconfig.json', '--pretty', 'false'],
  ['dependency direction', process.execPath, 'scripts/check/check-dependencies.ts'],
  ['file names', process.execPath, 'scripts/check/check-file-names.ts'],
  ['lock file', process.execPath, 'scripts/check/check-lock-file.ts'],
  ['what the chart is made of', process.execPath, 'scripts/generate-chart.ts', '--check'],
  ['unused code and dependencies', join(BIN, 'knip'), '--no-progress', '--no-config-hints'],
];

/** Runs all checks side by side and prints a line for each, with its output when it failed. Returns how many failed. */
export async function runChecks(signal?: AbortSignal): Promise<number> {
  const results = CHECKS.map(async ([name, command, ...args]) => {
    const startedAt = performance.now();
    const { status, output } = await tryCommand({ command, args, cwd: ROOT, signal });
    return { name, isGood: status === 0, output, took: secondsSince(startedAt) };
  });
  let failed = 0;
  for (const result of results) {
    const { name, isGood, output, took } = await result;
    console.log(`  ${isGood ? '✓' : '✗'} ${name} ${took}`);
    if (isGood) continue;
    failed += 1;
    console.log(output.trimEnd());
  }
  return failed;
}
