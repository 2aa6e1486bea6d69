import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type RunState, readRunState } from '../stack/run-state.ts';
import { type Installation, programArguments } from './installation.ts';
import { runWithInput } from './run-with-input.ts';
import { serviceDatabaseUrl } from './service-database-url.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DEFAULT_EDGE = 'http://localhost:8080';

/** What `npm start` runs on a data directory; where nothing does, what `edgeUrl` and `env` lead to, as far as they do. */
export function openLocalInstallation(options: {
  /** (Default: `.throughline` of the repository) */
  readonly dataDir: string | undefined;
  /** (Default: that of the running stack, else http://localhost:8080) */
  readonly edgeUrl: string | undefined;
  /** KAFKA_BROKERS is where nothing runs on the data directory, DATABASE_URL what `npm start` was given. */
  readonly env: NodeJS.ProcessEnv;
}): Installation {
  const { env } = options;
  const dataDir = resolve(options.dataDir ?? join(ROOT, '.throughline'));
  const state = readRunState(dataDir);
  const addressesOf = (component: string) => {
    const addresses = state?.services[component];
    if (addresses === undefined) throw new Error(`${component} does not run: start it with npm start`);
    return addresses;
  };
  return {
    edgeUrl: options.edgeUrl ?? state?.edgeUrl ?? DEFAULT_EDGE,
    operationsToken: async () => {
      const secrets = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')) as { operationsToken: string };
      return secrets.operationsToken;
    },
    httpUrl: async (component) => addressesOf(component).httpUrl,
    opsUrl: async (component) => addressesOf(component).opsUrl,
    runProgram: async ({ component, file, args }) =>
      runWithInput({
        command: process.execPath,
        args: programArguments(args),
        name: `${file} for ${component}`,
        input: readFileSync(file, 'utf8'),
        env: state === undefined ? env : { ...env, ...storesOf({ component, state, dataDir, adminUrl: env.DATABASE_URL }) },
        // Where the packages are that it imports.
        cwd: ROOT,
      }),
    close: async () => undefined,
  };
}

function storesOf(options: {
  component: string;
  state: RunState;
  dataDir: string;
  adminUrl: string | undefined;
}): NodeJS.ProcessEnv {
  const { component, state, dataDir, adminUrl } = options;
  const database = component.replaceAll('-', '_');
  return {
    KAFKA_BROKERS: state.kafkaBrokers,
    DATABASE_URL: serviceDatabaseUrl({ dataDir, service: component, database, adminUrl: adminUrl || undefined }),
  };
}
