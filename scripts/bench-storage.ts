import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ComparisonServer, startPlainServer } from './bench/start-plain-server.ts';
import { type Measurement, measureRounds } from './bench/storage/measure-rounds.ts';
import { prepareStorage } from './bench/storage/prepare-storage.ts';
import { printSummary } from './bench/storage/print-summary.ts';
import { startNginx } from './bench/storage/start-nginx.ts';
import { type Summary, summarize } from './bench/storage/summarize.ts';
import { comparisonTarget, storageTargets, type Target } from './bench/storage/targets.ts';
import { WORKLOADS, type Workload } from './bench/storage/workloads.ts';
import { waitUntil } from './demo/wait-until.ts';
import { openInstallation } from './installation/open-installation.ts';
import { terminalProgress } from './stack/progress.ts';
import { StackError } from './stack/stack-error.ts';
import type { StorageSession } from './storage-client/storage-client.ts';

const ROOT = join(import.meta.dirname, '..');
const RESULT = join(ROOT, 'bench', 'results', 'storage.json');
const TARGET_RATIO = 0.8;

const HELP = `npm run bench:storage -- [--quick] [--data-dir <path>]

Downloads and uploads a second of 4 KiB (16 connections) and 8 MiB objects (4 connections): the object service at its own port and
through the edge, beside a plain express + send handler and nginx with sendfile, which serve the same files. The service checks tokens,
syncs uploads to disk and commits them with their events; the other two do none of it. Rounds alternate between all of them; what
counts is the median of the rounds' ratios. Uses what runs under npm start, else starts an installation of its own.

  --quick            rounds of 1.5 s instead of 5 s
  --data-dir <path>  of the running stack, default .throughline
  --help             this text

Writes bench/results/storage.json. Ends with 1 when the service's 8 MiB download is below ${TARGET_RATIO} of the plain handler's.
`;

interface Settings {
  readonly dataDir: string | undefined;
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

const say = (line: string) => console.log(line);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, 'data-dir': { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const settings: Settings = { dataDir: values['data-dir'], rounds: 3, warmUpMs: 500, durationMs: values.quick ? 1_500 : 5_000 };
  const releases: (() => Promise<void>)[] = [];
  try {
    const measurements = await measure(settings, releases);
    const summary = summarize(measurements);
    const { rounds, warmUpMs, durationMs } = settings;
    writeResult({ settings: { rounds, warmUpMs, durationMs }, summary, measurements });
    printSummary(summary, say);
    judge(summary);
  } finally {
    for (const release of releases.toReversed()) await release();
  }
}

async function measure(settings: Settings, releases: (() => Promise<void>)[]): Promise<Measurement[]> {
  const storage = await openInstallation({ dataDir: settings.dataDir, systems: ['storage'], say });
  releases.push(() => storage.stop());
  const folder = join(ROOT, '.throughline', 'bench-files');
  rmSync(folder, { recursive: true, force: true });
  releases.push(async () => rmSync(folder, { recursive: true, force: true }));
  const objectUrl = storage.state.services['storage-object']?.httpUrl;
  if (objectUrl === undefined) throw new Error('the running stack has no storage-object');
  const { session, bucket } = await prepareStorage({ edgeUrl: storage.state.edgeUrl, folder: join(folder, 'files') });
  releases.push(() => session.deleteBucket(bucket));
  const targets = storageTargets({ objectUrl, edgeUrl: storage.state.edgeUrl, session, bucket });
  for (const target of await startComparisons(folder, releases)) targets.push(target);
  return measureRounds({
    ...settings,
    targets,
    workloads: WORKLOADS,
    settle: (target, workload) => settle({ target, workload, session, bucket }),
    onMeasured: ({ round, workload, target, requestsPerSecond }) =>
      say(`round ${round}  ${workload.padEnd(14)} ${target.padEnd(14)} ${requestsPerSecond.toFixed(1).padStart(9)} a second`),
  });
}

async function startComparisons(folder: string, releases: (() => Promise<void>)[]): Promise<Target[]> {
  const root = join(folder, 'files');
  const keep = (server: ComparisonServer) => {
    releases.push(() => server.stop());
    return server;
  };
  const targets = [
    comparisonTarget(
      'plain-express',
      keep(await startPlainServer(join(import.meta.dirname, 'bench', 'storage', 'plain-express.ts'), [root])),
    ),
  ];
  try {
    const nginx = await startNginx({ root, workDir: join(folder, 'nginx'), progress: terminalProgress(say) });
    targets.push(comparisonTarget('nginx', keep(nginx)));
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    say(`going on without nginx: ${error.message}`);
  }
  return targets;
}

/** Behind an upload events are still on their way to the search; the next target must not pay for them. */
async function settle(options: { target: Target; workload: Workload; session: StorageSession; bucket: string }): Promise<void> {
  const { target, workload, session, bucket } = options;
  if (workload.method !== 'PUT' || target.token === undefined) return;
  const { objectId } = await session.upload({ bucket, name: `settled-${crypto.randomUUID()}`, bytes: new Uint8Array(1) });
  await waitUntil(
    'the search to have caught up',
    async () => {
      const { items } = await session.search({ bucket, fileName: 'settled-' });
      return items.some((item) => item.objectId === objectId) || undefined;
    },
    120_000,
  );
}

function writeResult(result: { settings: object; summary: Summary; measurements: readonly Measurement[] }): void {
  const machine = { cores: availableParallelism(), processor: cpus()[0]?.model ?? 'unknown', node: process.version };
  mkdirSync(join(ROOT, 'bench', 'results'), { recursive: true });
  writeFileSync(RESULT, `${JSON.stringify({ measuredAt: new Date().toISOString(), machine, ...result }, null, 2)}\n`);
}

function judge({ ratios }: Summary): void {
  const decisive = ratios.find(
    (ratio) => ratio.workload === 'download-8MiB' && ratio.of === 'service' && ratio.against === 'plain-express',
  );
  const isMet = decisive !== undefined && decisive.value >= TARGET_RATIO;
  say(`\ntarget: download-8MiB at the service's port at least ${TARGET_RATIO} of plain express: ${isMet ? 'met' : 'missed'}`);
  if (!isMet) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
