import { spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text as readAll } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from './cli-error.ts';
import type { Terminal } from './terminal.ts';

/** The process' own terminal. */
export function createProcessTerminal(): Terminal {
  return {
    isInteractive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    env: process.env,
    nowMs: () => Date.now(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    ask: async (question) => {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
    edit: editFile,
    readText: async (path) => {
      try {
        return path === '-' ? await readAll(process.stdin) : await readFile(path, 'utf8');
      } catch (cause) {
        throw new CliError('USAGE', `${path} cannot be read: ${(cause as Error).message}`, { cause });
      }
    },
    pause: (ms) => delay(ms),
  };
}

/** The file stays, so that work on a value which is refused is not lost. */
async function editFile(text: string): Promise<{ text: string; file: string }> {
  const editor = process.env.VISUAL || process.env.EDITOR || 'vi';
  const file = join(await mkdtemp(join(tmpdir(), 'throughline-edit-')), 'value.json');
  await writeFile(file, text, { mode: 0o600 });
  // By a shell, because the variable may hold arguments; the file comes as one, so that its name is never read as text of the shell.
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new CliError('FAILED', `${editor} ended with ${code ?? 'a signal'}; nothing was changed`);
  return { text: await readFile(file, 'utf8'), file };
}
