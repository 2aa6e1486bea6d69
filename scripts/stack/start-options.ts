import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StackError } from './stack-error.ts';

/** What `npm start` was asked to do. */
export interface StartOptions {
  readonly wantsHelp: boolean;
  /** Names of the systems to run; empty for the stack alone. */
  readonly systems: readonly string[];
  readonly edgePort: number;
  readonly dataDir: string;
  readonly wantsReset: boolean;
  /** No question is asked before a reset. */
  readonly isConfirmed: boolean;
  readonly isVerbose: boolean;
}

/** The text of `npm start -- --help`. */
export function startHelp(systemNames: readonly string[], edgePort: number): string {
  return `npm start -- [options]

Starts Kafka, Postgres and Redis, then every system with an edge in front, and stays until Ctrl-C.

  --only <names>     systems to run, separated by commas (${systemNames.join(', ')}), or "stack" for
                     Kafka, Postgres and Redis alone; default: all systems. The edge leads
                     to those that run
  --port <port>      port of the edge, default ${edgePort}; all other ports move when they are taken
  --data-dir <path>  where data, logs and generated passwords are kept, default .throughline
  --reset            deletes all data first (asks before); refused where the rows are in a Postgres elsewhere
  --yes              does not ask
  --verbose          every log line on the terminal, not only warnings and errors
  --help             this text

Kafka, Postgres and Redis are taken from the addresses in KAFKA_BROKERS, DATABASE_URL (a superuser's) and REDIS_URL
where these are set, else from Docker where a daemon answers and has or can pull the image, else run as processes of
this machine. Java, Maven and redis-server are installed with apt when they are missing and this is root on Debian or
Ubuntu. Without --reset a start finds the data of the one before, and Kafka and Postgres stay what they were then:
a data directory is refused when they would be others.
`;
}

/**
 * Reads the command line.
 * @throws {StackError} BAD_OPTION naming what is wrong.
 */
export function readStartOptions(
  args: readonly string[],
  defaults: { systemNames: readonly string[]; edgePort: number; root: string },
): StartOptions {
  const values = parse(args);
  const port = values.port === undefined ? defaults.edgePort : Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new StackError('BAD_OPTION', `--port takes a number from 1 to 65535, not "${values.port}"`);
  }
  return {
    wantsHelp: values.help ?? false,
    systems: chooseSystems(values.only, defaults.systemNames),
    edgePort: port,
    dataDir: values['data-dir'] === undefined ? join(defaults.root, '.throughline') : resolve(values['data-dir']),
    wantsReset: values.reset ?? false,
    isConfirmed: values.yes ?? false,
    isVerbose: values.verbose ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        only: { type: 'string' },
        port: { type: 'string' },
        'data-dir': { type: 'string' },
        reset: { type: 'boolean' },
        yes: { type: 'boolean' },
        verbose: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('. ');
    throw new StackError('BAD_OPTION', `${reason} (npm start -- --help lists the options)`, { cause: error });
  }
}

function chooseSystems(only: string | undefined, systemNames: readonly string[]): readonly string[] {
  if (only === undefined) return systemNames;
  const chosen = only.split(',').map((name) => name.trim());
  const unknown = chosen.filter((name) => name !== 'stack' && !systemNames.includes(name));
  if (unknown.length > 0) {
    throw new StackError('BAD_OPTION', `--only does not know ${unknown.join(', ')}; it takes ${systemNames.join(', ')} or stack`);
  }
  return chosen.filter((name) => name !== 'stack');
}
