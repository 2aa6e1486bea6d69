import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../stack/find-program.ts';
import { withLock } from '../stack/lock-file.ts';
import { type Progress, runStep } from '../stack/progress.ts';
import { runCommand, tryCommand } from '../stack/run-command.ts';
import { StackError } from '../stack/stack-error.ts';
import type { Tool } from './tools.ts';

/** How a tool is looked for. */
export interface FindToolOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /** Where built tools are kept, each version in a folder of its own. (Default: `throughline/tools` in the user's cache, for all checkouts) */
  readonly folder?: string;
}

/** The path of a tool that is on PATH in a fitting version or was built before; undefined where neither is so. */
export async function presentTool(tool: Tool, folder: string = toolsFolder()): Promise<string | undefined> {
  const found = findProgram(tool.program);
  if (found !== undefined && (await isFitting(found, tool))) return found;
  const built = builtPath(tool, folder);
  return existsSync(built) ? built : undefined;
}

/**
 * The path of a tool, which is built with Go when it is not there; that takes up to two minutes, once for each version.
 * @throws {StackError} MISSING_PROGRAM saying what to install, COMMAND_FAILED when it cannot be built.
 */
export async function findTool(tool: Tool, options: FindToolOptions): Promise<string> {
  const { progress, signal, folder = toolsFolder() } = options;
  const present = await presentTool(tool, folder);
  if (present !== undefined) return present;
  const go = findProgram('go');
  if (go === undefined) throw new StackError('MISSING_PROGRAM', missingTool(tool));
  const path = builtPath(tool, folder);
  const build = async () => {
    if (!existsSync(path)) await buildTool(go, { tool, folder, signal });
    return path;
  };
  return runStep({
    progress,
    name: tool.title,
    doing: `building ${tool.version} with Go`,
    done: 'built',
    run: () => withLock(`${join(folder, folderName(tool))}.lock`, signal, build),
  });
}

/** What is missing and how to get it. */
export function missingTool({ title, program, package: source, version }: Tool): string {
  return `${title} is missing: put ${program} on PATH, or Go 1.26, with which ${source}@${version} is built`;
}

function toolsFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'throughline', 'tools');
}

function folderName({ package: source, version }: Tool): string {
  return `${source.replaceAll('/', '-')}@${version}`;
}

function builtPath(tool: Tool, folder: string): string {
  return join(folder, folderName(tool), tool.program);
}

async function isFitting(path: string, { accepts }: Tool): Promise<boolean> {
  if (accepts === undefined) return true;
  const { status, output } = await tryCommand({ command: path, args: accepts.args, timeoutMs: 10_000 });
  return status === 0 && accepts.pattern.test(output);
}

async function buildTool(go: string, options: { tool: Tool; folder: string; signal: AbortSignal | undefined }): Promise<void> {
  const { tool, folder, signal } = options;
  const final = join(folder, folderName(tool));
  const partial = `${final}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const stamp = 'versionVariable' in tool ? ` -X ${tool.versionVariable}=${tool.version}` : '';
  const args = ['install', '-trimpath', '-ldflags', `-s -w${stamp}`, `${tool.package}@${tool.version}`];
  await runCommand({ command: go, args, env: { ...process.env, CGO_ENABLED: '0', GOBIN: partial }, signal });
  rmSync(final, { recursive: true, force: true });
  renameSync(partial, final);
}
