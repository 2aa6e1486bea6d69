import { parseArgs } from 'node:util';
import { forgetPeakMemory, peakMemoryBytes } from './bench/storage/peak-memory.ts';
import { streamDown, streamUp } from './bench/storage/stream-object.ts';
import { openInstallation, startOwnInstallation } from './installation/open-installation.ts';
import type { RunningInstallation } from './installation/running-installation.ts';
import { newUser } from './storage-client/new-user.ts';
import { objectPath } from './storage-client/storage-client.ts';

const MIB = 1_024 * 1_024;
const LIMIT_MIB = 250;

const HELP = `npm run memory:storage -- [--size-mib <number>] [--data-dir <path>]

Uploads and downloads one large object (default 2048 MiB) at the object service's own port and prints the largest resident set of its
process meanwhile. Linux only. Starts an installation of its own, or uses the one that runs on --data-dir. Ends with 1 at ${LIMIT_MIB} MiB or more.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { 'size-mib': { type: 'string', default: '2048' }, 'data-dir': { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const say = (line: string) => console.log(line);
  const dataDir = values['data-dir'];
  const systems = ['storage'];
  const storage = dataDir === undefined ? await startOwnInstallation(systems) : await openInstallation({ dataDir, systems, say });
  try {
    await measure(storage, Number(values['size-mib']) * MIB);
  } finally {
    await storage.stop();
  }
}

async function measure({ state, pidOf }: RunningInstallation, totalBytes: number): Promise<void> {
  const pid = pidOf('storage-object');
  const service = state.services['storage-object'];
  if (pid === undefined || service === undefined) throw new Error('the object service is not running');
  const session = await newUser(state.edgeUrl);
  const bucket = `memory-${crypto.randomUUID().slice(0, 8)}`;
  await session.createBucket(bucket);
  const target = { url: new URL(objectPath(bucket, 'large.bin'), service.httpUrl), token: session.token };
  forgetPeakMemory(pid);
  const sent = await timed('upload', totalBytes, () => streamUp(target, totalBytes));
  const afterUpload = peakMemoryBytes(pid);
  const received = await timed('download', totalBytes, () => streamDown(target));
  const peak = peakMemoryBytes(pid);
  await session.deleteBucket(bucket);
  if (received.bytes !== totalBytes || received.sha256 !== sent) throw new Error('what came back is not what was sent');
  console.log(
    `peak memory of the object service: ${(afterUpload / MIB).toFixed(0)} MiB after the upload, ${(peak / MIB).toFixed(0)} MiB after both`,
  );
  const isMet = peak < LIMIT_MIB * MIB;
  console.log(`target: below ${LIMIT_MIB} MiB: ${isMet ? 'met' : 'missed'}`);
  if (!isMet) process.exitCode = 1;
}

async function timed<Result>(what: string, totalBytes: number, work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(`${what} of ${totalBytes / MIB} MiB in ${seconds.toFixed(1)} s (${(totalBytes / MIB / seconds).toFixed(0)} MiB/s)`);
  return result;
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
