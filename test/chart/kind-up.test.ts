import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryCommand } from '../../scripts/stack/run-command.ts';
import { parseObjects } from './render-chart.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** As Helm 3 shows them, with nothing between two. */
const KINDS = 'apiVersion: v1\\nkind: One\\napiVersion: v1\\nkind: Two\\n';
const PROGRAMS = ['docker', 'kubectl', 'helm', 'kind', 'minikube'];

describe('kind-up', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kind-up-'));
    const does: Readonly<Record<string, string>> = {
      kubectl: `case "$*" in *"-f -") cat > "${folder}/applied";; esac`,
      helm: `case "$*" in "show crds "*) printf '${KINDS}';; esac`,
    };
    for (const program of PROGRAMS) {
      const stub = join(folder, program);
      writeFileSync(stub, `#!/bin/sh\necho "${program} $*" >> "${folder}/calls"\n${does[program] ?? ''}\n`);
      chmodSync(stub, 0o755);
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function callsOf(...args: readonly string[]): Promise<{ calls: readonly string[]; output: string }> {
    writeFileSync(join(folder, 'calls'), '');
    const env = { PATH: `${folder}:/usr/bin:/bin` };
    const { status, output } = await tryCommand({ command: join(ROOT, 'scripts', 'kind-up'), args, env, timeoutMs: 20_000 });
    expect([status, output]).toEqual([0, output]);
    return { calls: readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n'), output };
  }

  it('brings Strimzi’s kinds up to date before Strimzi, as Helm leaves them at what was installed first', async () => {
    const { calls } = await callsOf();
    const [, version = ''] = /^STRIMZI_VERSION=(.*)$/m.exec(readFileSync(join(ROOT, 'k8s', 'strimzi.env'), 'utf8')) ?? [];
    const positionOf = (pattern: RegExp) => calls.findIndex((call) => pattern.test(call));
    const applied = positionOf(/^kubectl --context kind-throughline apply --server-side --force-conflicts -f -$/);
    expect(calls.filter((call) => call.startsWith('helm show crds') && call.endsWith(`--version ${version}`))).toHaveLength(1);
    expect(applied).toBeGreaterThan(-1);
    expect(positionOf(/^helm .*upgrade --install strimzi /)).toBeGreaterThan(applied);
    expect(parseObjects(readFileSync(join(folder, 'applied'), 'utf8')).map(({ kind }) => kind)).toEqual(['One', 'Two']);
  });

  it('brings our image and the stores’ to the cluster, before anything waits for them', async () => {
    const images = [/throughline\/throughline:\S+/, /postgres:\S+/, /redis:\S+/];
    for (const [args, load] of [
      [[], 'kind load docker-image'],
      [['--minikube'], 'minikube -p throughline image load'],
    ] as const) {
      const { calls } = await callsOf(...args);
      const installed = calls.findIndex((call) => call.includes('upgrade --install throughline'));
      const loaded = calls.slice(0, installed).filter((call) => call.startsWith(load));
      expect(loaded).toHaveLength(images.length);
      for (const [n, image] of images.entries()) expect(loaded[n]).toMatch(image);
    }
  });

  it('ends at http://localhost:8080, on minikube by a port-forward that it names', async () => {
    const [onKind, onMinikube] = [await callsOf(), await callsOf('--minikube')];
    expect(onKind.output.trim().split('\n').at(-1)).toBe('  http://localhost:8080');
    expect(onMinikube.output.trim().split('\n').at(-1)).toBe(
      '  kubectl --context throughline port-forward -n throughline svc/throughline-edge 8080:8080      then http://localhost:8080',
    );
  });
});
