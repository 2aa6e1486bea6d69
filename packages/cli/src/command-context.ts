import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Endpoints, findEndpoints } from './api/find-endpoints.ts';
import { discoverFleet, type Fleet } from './api/fleet.ts';
import { createOperationsClient, type OperationsClient } from './api/operations-client.ts';
import { CliError } from './cli-error.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** Options that every verb takes. */
export interface GlobalOptions {
  readonly url: readonly string[];
  readonly consoleUrl?: string;
  readonly tokenFile?: string;
  readonly operator?: string;
  readonly dataDir?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

/** What a verb works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly client: OperationsClient;
  /** @throws {CliError} `USAGE` when nothing says where services are */
  readonly endpoints: Endpoints;
  /** How long whoever is asked may take for an answer. */
  readonly timeoutMs: number;
  /** Asks who is there, once. */
  fleet(): Promise<Fleet>;
  /** The result: `value` as JSON with --json, else the text for people. */
  print(value: unknown, text: () => string): void;
  /** Names those who did not answer on stderr; the command then ends with exit code 4. */
  reportSilent(reasons: readonly string[]): void;
  /** Something said beside the result. */
  note(text: string): void;
  /**
   * Asks before something that cannot be undone.
   * @throws {CliError} `USAGE` where nobody can be asked and `--yes` was not given, `DECLINED` for any answer but yes
   */
  confirm(question: string, isConfirmed: boolean | undefined): Promise<void>;
}

/** Global options and the exit code of the one command that a process runs. */
export interface CommandRun {
  exitCode: ExitCode;
}

const ROOT = join(import.meta.dirname, '..', '..', '..');

export function createContext(command: Command, terminal: Terminal, run: CommandRun): CommandContext {
  const options = command.optsWithGlobals<GlobalOptions>();
  const isJson = options.json ?? false;
  const operator = options.operator ?? terminal.env.USER ?? userInfo().username;
  const timeoutMs = options.timeout * 1_000;
  const client = createOperationsClient({ operator, timeoutMs });
  // Looked for when they are needed: a cluster's workloads are not asked at services.
  let endpoints: Endpoints | undefined;
  const find = () =>
    findEndpoints({
      urls: options.url,
      consoleUrl: options.consoleUrl,
      tokenFile: options.tokenFile,
      dataDir: options.dataDir ?? join(ROOT, '.throughline'),
      env: terminal.env,
    });
  let fleet: Promise<Fleet> | undefined;
  return {
    terminal,
    client,
    timeoutMs,
    get endpoints() {
      endpoints ??= find();
      return endpoints;
    },
    fleet: async () => {
      endpoints ??= find();
      fleet ??= discoverFleet(client, endpoints);
      return fleet;
    },
    print: (value, text) => terminal.out(isJson ? `${JSON.stringify(value, null, 2)}\n` : text()),
    reportSilent: (reasons) => {
      for (const reason of reasons) terminal.err(`did not answer: ${reason}\n`);
      if (reasons.length > 0) run.exitCode = EXIT.unreachable;
    },
    note: (text) => terminal.err(`${text}\n`),
    confirm: async (question, isConfirmed) => {
      if (isConfirmed) return;
      if (!terminal.isInteractive) throw new CliError('USAGE', `${question}\nNobody can be asked here: give --yes`);
      const answer = await terminal.ask(`${question}\nGo on? [y/N] `);
      if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('DECLINED', 'nothing was changed');
    },
  };
}
