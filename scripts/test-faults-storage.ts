import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { waitUntil } from './demo/wait-until.ts';
import { type RunningInstallation, startInstallation } from './installation/running-installation.ts';
import { uploadThroughKill } from './storage-faults/upload-through-kill.ts';

const SERVICES = ['storage-object', 'storage-metadata', 'storage-bucket', 'storage-auth', 'edge'];

const HELP = `npm run test:faults:storage -- [--uploads <number>] [--only <service,…>]

Starts object storage and, for each of its services in turn (${SERVICES.join(', ')}), kills it with SIGKILL
during 2,000 uploads at concurrency 16. Every upload answered with 201 must be downloadable and searchable within 30 s, and nothing twice.
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
  const { acknowledged, unknown, lost, doubled, settledAfterMs } = await uploadThroughKill({
    storage,
    service,
    uploads,
    concurrency: 16,
  });
  const isKept = lost.length === 0 && doubled.length === 0;
  const seen = `${acknowledged} acknowledged, ${unknown} of unknown outcome, ${lost.length} lost, ${doubled.length} doubled`;
  console.log(
    `${isKept ? 'kept' : 'BROKEN'}  kill -9 ${service.padEnd(17)} ${seen}; all found and downloaded ${(settledAfterMs / 1_000).toFixed(1)} s after the last 201`,
  );
  for (const name of [...lost, ...doubled].slice(0, 10)) console.log(`        ${name}`);
  return isKept;
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
