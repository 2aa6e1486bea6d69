import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { waitUntil } from './demo/wait-until.ts';
import { type RunningInstallation, startInstallation } from './installation/running-installation.ts';
import { uploadThroughKill } from './storage-faults/upload-through-kill.ts';
import { areKept } from './storage-load/judge-uploads.ts';
import { uploadReportLines } from './storage-load/upload-report.ts';

const SERVICES = ['storage-object', 'storage-metadata', 'storage-bucket', 'storage-auth', 'edge'];

const SETTLED_WITHIN_MS = 30_000;

const HELP = `npm run test:faults:storage -- [--uploads <number>] [--only <service,…>]

Starts object storage and, for each of its services in turn (${SERVICES.join(', ')}), kills it with SIGKILL
during 2,000 uploads at concurrency 16. Every upload answered with 201 must be found and downloaded within 30 s after the last, and nothing be there twice.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { uploads: { type: 'string', default: '2000' }, only: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const dataDir = join(import.meta.dirname, '..', '.throughline', 'faults');
  const storage = await startInstallation({ dataDir, systems: ['storage'], env: process.env });
  let failed = 0;
  try {
    const services = values.only?.split(',') ?? SERVICES;
    for (const service of services) if (!(await survives(storage, service, Number(values.uploads)))) failed += 1;
    console.log(`${services.length - failed} passed, ${failed} failed`);
  } finally {
    await storage.stop();
  }
  if (failed > 0) process.exitCode = 1;
}

async function survives(storage: RunningInstallation, service: string, uploads: number): Promise<boolean> {
  await waitUntil(`${service} to run`, async () => storage.pidOf(service));
  const report = await uploadThroughKill({ storage, service, uploads, concurrency: 16 });
  const isKept = areKept(report.objects) && report.settledAfterMs <= SETTLED_WITHIN_MS;
  console.log(`${isKept ? 'kept' : 'BROKEN'}  kill -9 ${service}`);
  for (const line of uploadReportLines(report)) console.log(`        ${line}`);
  return isKept;
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
