import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { TOOLS } from '../../scripts/tools/tools.ts';
import type { KubeObject } from './kube-object.ts';
import { toolPath } from './tool-path.ts';

export const CHART_FOLDER = join(import.meta.dirname, '..', '..', 'charts', 'throughline');

/** The values of kind and minikube. */
const DEV_VALUES = join(CHART_FOLDER, 'ci', 'dev-values.yaml');

export interface RenderOptions {
  /** Laid over the files. */
  readonly values?: unknown;
  /** (Default: those of kind and minikube) */
  readonly files?: readonly string[];
  /** (Default: throughline) */
  readonly release?: string;
  /** Folder of the chart. */
  readonly chart?: string;
  /** What the cluster knows beyond Kubernetes' own, as `monitoring.coreos.com/v1`. */
  readonly apiVersions?: readonly string[];
  /** Helm's path. (Default: of Helm 4) */
  readonly helm?: string;
  /** Further arguments of `helm template`. */
  readonly args?: readonly string[];
}

/** What `helm template` makes of the chart, in the namespace `throughline`. @throws with what Helm said. */
export async function renderChart(options: RenderOptions = {}): Promise<readonly KubeObject[]> {
  return parseObjects(await helm(options, templateArguments(options)));
}

/** What Helm says against values; undefined when it has nothing against them. */
export async function refusalOf(values: unknown, options: Omit<RenderOptions, 'values'> = {}): Promise<string | undefined> {
  try {
    await renderChart({ ...options, values });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The documents of a YAML text that hold anything. */
export function parseObjects(text: string): readonly KubeObject[] {
  return parseAllDocuments(text, { logLevel: 'error' }).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0] as Error;
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
}

function templateArguments({ files = [DEV_VALUES], release = 'throughline', chart, apiVersions = [], args = [] }: RenderOptions) {
  return [
    'template',
    release,
    chart ?? CHART_FOLDER,
    '--namespace=throughline',
    // What a Helm takes for granted without a cluster depends on who built it.
    '--kube-version=1.34.0',
    ...files.map((file) => `--values=${file}`),
    '--values=-',
    ...apiVersions.map((version) => `--api-versions=${version}`),
    ...args,
  ];
}

function helm({ helm: program = toolPath(TOOLS.helm), values = {} }: RenderOptions, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe' });
    const output: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    }
    child.once('error', reject);
    child.once('close', (status) => (status === 0 ? resolve(output.stdout) : reject(new Error(output.stderr))));
    child.stdin.end(JSON.stringify(values));
  });
}
