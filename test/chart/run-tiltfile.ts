import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { tryCommand } from '../../scripts/stack/run-command.ts';
import { TOOLS } from '../../scripts/tools/tools.ts';
import { toolPath } from './tool-path.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PRELUDE = join(import.meta.dirname, 'tiltfile-prelude.star');
const VALUES = 'charts/throughline/values.yaml';

/** A call of one of Tilt's functions, with its arguments by name. */
export type TiltCall =
  | { readonly call: 'allow_k8s_contexts'; readonly contexts: readonly string[] }
  | { readonly call: 'watch_file'; readonly path: string }
  | { readonly call: 'local'; readonly command: readonly string[] }
  | { readonly call: 'k8s_yaml'; readonly yaml: readonly string[] }
  | {
      readonly call: 'docker_build';
      readonly ref: string;
      readonly context: string;
      readonly dockerfile: string;
      readonly target: string;
      readonly entrypoint: readonly string[];
      readonly live_update: readonly LiveUpdateStep[];
    }
  | {
      readonly call: 'k8s_resource';
      readonly workload: string;
      readonly name: string;
      readonly port_forwards: readonly { readonly local_port: number; readonly container_port: number; readonly name: string }[];
      readonly resource_deps: readonly string[];
      readonly labels: readonly string[];
    }
  | {
      readonly call: 'local_resource';
      readonly name: string;
      readonly cmd: string;
      readonly trigger_mode: string;
      readonly auto_init: boolean;
      readonly resource_deps: readonly string[];
      readonly labels: readonly string[];
    };

export type LiveUpdateStep =
  | { readonly step: 'fall_back_on'; readonly files: readonly string[] }
  | { readonly step: 'sync'; readonly local_path: string; readonly remote_path: string };

/** Runs the Tiltfile as `tilt up -- --system …` would and tells what it called. @throws with what the interpreter said. */
export async function runTiltfile(systems: readonly string[] = []): Promise<readonly TiltCall[]> {
  const given = systems.length === 0 ? {} : { system: systems };
  const files = { [VALUES]: JSON.stringify(parse(readFileSync(join(ROOT, VALUES), 'utf8'))) };
  // The interpreter knows no modules but its own: config.parse is one name here.
  const tiltfile = readFileSync(join(ROOT, 'Tiltfile'), 'utf8').replaceAll(/\bconfig\.(?=\w+\()/g, 'config_');
  const text = [
    readFileSync(PRELUDE, 'utf8'),
    `_ARGUMENTS = ${JSON.stringify(given)}`,
    `_FILES = ${JSON.stringify(files)}`,
    tiltfile,
    'print(json.encode(_calls))',
  ].join('\n');
  const folder = mkdtempSync(join(tmpdir(), 'tiltfile-'));
  try {
    const file = join(folder, 'Tiltfile.star');
    writeFileSync(file, text);
    const { status, output } = await tryCommand({
      command: toolPath(TOOLS.starlark),
      args: ['-globalreassign', file],
      timeoutMs: 20_000,
    });
    if (status !== 0) throw new Error(output);
    return JSON.parse(output) as readonly TiltCall[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
