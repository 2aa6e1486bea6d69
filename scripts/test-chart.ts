import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runJest } from './jest/run-jest.ts';
import { lockDataDir } from './stack/lock-data-dir.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { secondsSince, terminalProgress } from './stack/progress.ts';
import { toolEnvironment } from './tools/tool-environment.ts';
import { TOOLS } from './tools/tools.ts';

const ROOT = join(import.meta.dirname, '..');
const DATA_DIR = join(ROOT, '.throughline', 'test-chart');
const TIMEOUT_MS = 300_000;

const HELP = `npm run test:chart -- [options] [pattern …]

Tests the Helm chart, the manifests in k8s and the Tiltfile without a cluster: what is rendered, with Helm 3 and 4, against the schemas of Kubernetes and Strimzi and by
kube-score. Programs that are not on PATH are built with Go, once, into the user's cache: that takes some minutes. \`npm test\` runs the same tests, with those of the programs
that are there.

  --tools   only sees to it that the programs are there
  --update  writes the renders in test/chart/golden anew
  --help    this text
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { tools: { type: 'boolean' }, update: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const startedAt = performance.now();
  const signal = onStopRequest();
  const unlock = lockDataDir(DATA_DIR);
  try {
    const options = { progress: terminalProgress((line) => console.log(line)), signal };
    const tools = await toolEnvironment(Object.values(TOOLS), options);
    if (values.tools) return;
    const { passed, failed } = await runJest({
      root: ROOT,
      project: 'chart',
      patterns: positionals,
      env: { ...process.env, ...tools, ...(values.update && { UPDATE_GOLDEN: 'true' }) },
      resultFile: join(DATA_DIR, 'result.json'),
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    console.log(`\nfinished in ${secondsSince(startedAt)}`);
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  } finally {
    unlock();
  }
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
