import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** How many tests passed and failed. A suite that could not run counts as one that failed. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

/** One run of jest. */
export interface JestRun {
  readonly root: string;
  /** Which of the configuration's projects. */
  readonly project: 'unit' | 'int' | 'chart';
  /** Patterns of file paths, none for all. */
  readonly patterns: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Where jest writes its result. */
  readonly resultFile: string;
  /** After this time the run is ended and counts as failed. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface JestResult {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly success: boolean;
}

const NODE_ARGUMENTS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

function jestArguments(root: string, project: string, more: readonly string[]): string[] {
  return [
    ...NODE_ARGUMENTS,
    join(root, 'node_modules/jest/bin/jest.js'),
    '--selectProjects',
    project,
    '--passWithNoTests',
    ...more,
  ];
}

/** Runs jest with its output on the terminal and returns the counts. */
export async function runJest(run: JestRun): Promise<TestCounts> {
  const { root, project, patterns, env, resultFile, timeoutMs, signal } = run;
  rmSync(resultFile, { force: true });
  const args = jestArguments(root, project, ['--json', `--outputFile=${resultFile}`, ...patternArguments(patterns)]);
  const how = await runToEnd({ args, root, env, timeoutMs, signal });
  if (!existsSync(resultFile)) {
    console.log(`jest gave no result (${how})`);
    return { passed: 0, failed: 1 };
  }
  const result = JSON.parse(readFileSync(resultFile, 'utf8')) as JestResult;
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  // Without a failed test jest can still fail, for one when a suite left it hanging.
  const isSilentFailure = failed === 0 && (!result.success || how !== 'exit code 0');
  if (isSilentFailure) console.log(`jest itself failed (${how})`);
  return { passed: result.numPassedTests, failed: isSilentFailure ? 1 : failed };
}

/** The test files of a project that match the patterns. */
export async function listTests(root: string, project: JestRun['project'], patterns: readonly string[]): Promise<string[]> {
  const args = jestArguments(root, project, ['--listTests', ...patternArguments(patterns)]);
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  return output.split('\n').filter((line) => line !== '');
}

function patternArguments(patterns: readonly string[]): string[] {
  return patterns.length === 0 ? [] : ['--testPathPatterns', ...patterns];
}

function runToEnd(options: {
  args: string[];
  root: string;
  env: NodeJS.ProcessEnv;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}): Promise<string> {
  const { args, root, env, timeoutMs, signal } = options;
  return new Promise((resolve) => {
    // A group of its own, so that its workers end with it.
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
    const end = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(end, timeoutMs);
    signal?.addEventListener('abort', end);
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, how) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve(how ?? `exit code ${code}`);
    });
  });
}
