import { spawn } from 'node:child_process';
import { pollUntil } from '../stack/poll-until.ts';
import type { ClusterRun } from './cluster-run.ts';

/** Requests all the while through the entrance, by one of the load commands. */
export interface Load {
  /** Resolves when so many more were accepted than at the call. @throws {Error} when that takes longer than a minute, or the load ended */
  goesOn(count: number): Promise<void>;
  /** Ends the requests; the command then looks for everything that was accepted. Returns its report. @throws {Error} with its output when anything is lost or doubled */
  finish(): Promise<string>;
}

export interface LoadCommand {
  /** Under scripts. */
  readonly script: string;
  readonly args: readonly string[];
}

const GOES_ON_WITHIN_MS = 60_000;
/** Longer than any disturbance; `finish` ends it. */
const OFFER_SECONDS = '900';

export function startLoad(run: ClusterRun, { script, args }: LoadCommand): Load {
  const all = [`scripts/${script}`, ...args, '--seconds', OFFER_SECONDS, '--patience', '120', '--url', run.entrance];
  const child = spawn(process.execPath, all, { cwd: run.root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    goesOn: async (count) => {
      const before = acceptedIn(output);
      const probe = async () => child.exitCode !== null || acceptedIn(output) >= before + count;
      const description = `${count} more requests of ${script} to be accepted`;
      await pollUntil({ probe, timeoutMs: GOES_ON_WITHIN_MS, intervalMs: 200, description, signal: run.signal });
      if (child.exitCode !== null) throw new Error(`the load ended:\n${output}`);
    },
    finish: async () => {
      // The first SIGINT ends the offers alone.
      child.kill('SIGINT');
      if ((await ended) !== 0) throw new Error(`${script} failed:\n${output}`);
      return output;
    },
  };
}

/** As the last line of its progress says. */
function acceptedIn(output: string): number {
  const [, count] = [...output.matchAll(/ (\d+) (?:accepted|acknowledged)/g)].at(-1) ?? [];
  return Number(count ?? 0);
}
