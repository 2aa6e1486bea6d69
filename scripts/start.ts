import { join, relative } from 'node:path';
import { lockDataDir } from './stack/lock-data-dir.ts';
import { NODE_ARGUMENTS } from './stack/node-arguments.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { type Progress, terminalProgress } from './stack/progress.ts';
import { requireEdgePort } from './stack/require-edge-port.ts';
import { confirmReset, requireWholeReset, resetData, stopLeftovers } from './stack/reset-data.ts';
import { removeRunState } from './stack/run-state.ts';
import { StackError } from './stack/stack-error.ts';
import { readStartOptions, type StartOptions, startHelp } from './stack/start-options.ts';
import { type RunningServices, startServices } from './stack/start-services.ts';
import { type Stack, startStack } from './stack/start-stack.ts';
import { EDGE_PORT, edge, operatorConsole, servicesOf, systems } from './systems.ts';

const ROOT = join(import.meta.dirname, '..');
const STACK_PARTS = ['kafka', 'postgres', 'redis'];

async function main(): Promise<void> {
  const systemNames = Object.keys(systems);
  const options = readStartOptions(process.argv.slice(2), { systemNames, edgePort: EDGE_PORT, root: ROOT });
  if (options.wantsHelp) {
    process.stdout.write(startHelp(systemNames, EDGE_PORT));
    return;
  }
  const unlock = lockDataDir(options.dataDir);
  try {
    await run(options);
  } finally {
    unlock();
  }
}

async function run(options: StartOptions): Promise<void> {
  const { dataDir } = options;
  if (options.wantsReset) {
    requireWholeReset(dataDir);
    if (!options.isConfirmed && !(await confirmReset(dataDir))) return;
    await resetData(dataDir);
  }
  const progress = terminalProgress((line) => console.log(line));
  const stopRequest = new AbortController();
  const signal = AbortSignal.any([onStopRequest(), stopRequest.signal]);
  await stopLeftovers(dataDir, (name) => !STACK_PARTS.includes(name));
  if (options.systems.length > 0) await requireEdgePort(options.edgePort);
  const onEnded = (name: string, how: string) => {
    const log = join(dataDir, 'logs', `${name}.log`);
    stopRequest.abort(new StackError('PROCESS_ENDED', `${name} ended by itself (${how}), see ${log}`));
  };
  let stack: Stack | undefined;
  let services: RunningServices | undefined;
  try {
    stack = await startStack({ dataDir, progress, given: process.env, signal, onEnded });
    services = options.systems.length > 0 ? await startSystems(options, stack, { progress, signal }) : undefined;
    console.log(summary(options, stack, services));
    await untilAborted(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (signal.aborted) console.log('\n  stopping …');
    removeRunState(dataDir);
    await services?.stop();
    await stack?.stop();
  }
  if (signal.reason instanceof StackError) throw signal.reason;
  console.log('  stopped');
}

function startSystems(
  { systems: names, dataDir, edgePort, isVerbose }: StartOptions,
  { addresses }: Stack,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<RunningServices> {
  const services = [...servicesOf(names), operatorConsole];
  return startServices({
    root: ROOT,
    dataDir,
    services,
    edge,
    edgePort,
    addresses,
    nodeArguments: NODE_ARGUMENTS,
    progress,
    isVerbose,
    signal,
  });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  // Between the last child's start and the signal nothing else may keep the process alive.
  const keepAlive = setInterval(() => undefined, 60_000);
  return new Promise((resolve) => {
    const end = () => {
      clearInterval(keepAlive);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

function summary({ dataDir, systems: names }: StartOptions, { addresses }: Stack, services: RunningServices | undefined): string {
  const nearby = relative(process.cwd(), dataDir);
  const folder = nearby.startsWith('..') ? dataDir : nearby;
  const rows: (readonly [string, string])[] = [
    ['Kafka', addresses.kafkaBrokers],
    ['Postgres', addresses.databaseUrl.replace(/\/\/[^@/]*@/, '//')],
    ['Redis', addresses.redisUrl.replace(/\/\/[^@/]*@/, '//')],
    ['logs', join(folder, 'logs')],
  ];
  if (services !== undefined) {
    rows.unshift(['edge', services.edgeUrl]);
    rows.push(
      ['administrator', join(folder, 'credentials.json')],
      ['try it', names.map((name) => `npm run demo:${name}`).join(', ')],
      ['look inside', 'npx throughline --help'],
    );
  }
  rows.push(['stop', 'Ctrl-C']);
  return `\nReady.\n${rows.map(([name, text]) => `  ${name.padEnd(16)} ${text}`).join('\n')}\n`;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof StackError ? `\n${error.message}` : error);
  process.exitCode = 1;
}
