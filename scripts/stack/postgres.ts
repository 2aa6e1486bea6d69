import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { type ComponentContext, type RunningComponent, runContainer, runNative, useGiven } from './component.ts';
import { LOOPBACK } from './ports.ts';
import { type PostgresFiles, preparePostgresFiles } from './postgres-files.ts';
import { type Account, runCommand } from './run-command.ts';
import { serviceAccount } from './service-account.ts';

/** The image used where Docker is. */
export const POSTGRES_IMAGE = 'postgres:17';
const CONTAINER_DATA = '/var/lib/postgresql/data';
/** Rules for letters of all scripts, the same on every system; the libc locale only serves what does not know the provider. */
const CTYPE = process.platform === 'linux' ? 'C.UTF-8' : 'en_US.UTF-8';
const INIT_ARGS = [
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--lc-collate=C',
  `--lc-ctype=${CTYPE}`,
];
/** fsync stays on: what the tests show about crashes would mean nothing without it. */
const SETTINGS = ['max_connections=200', 'shared_buffers=256MB', 'fsync=on', 'timezone=UTC'].flatMap((setting) => [
  '-c',
  setting,
]);

/** Brings up Postgres 17. Its address is that of the superuser in the database `postgres`. */
export async function startPostgres(context: ComponentContext): Promise<RunningComponent> {
  const { givenAddress } = context;
  if (givenAddress !== undefined) {
    const probe = () => answersQuery(givenAddress);
    return useGiven({ name: 'postgres', variable: 'DATABASE_URL', address: givenAddress, probe });
  }
  const password = context.secrets.get('postgresPassword');
  const port = await context.port();
  const address = `postgres://postgres:${password}@${LOOPBACK}:${port}/postgres`;
  const probe = () => answersQuery(address);
  if (context.kind === 'docker') {
    const env = { POSTGRES_PASSWORD: password, POSTGRES_INITDB_ARGS: INIT_ARGS.join(' ') };
    const container = {
      image: POSTGRES_IMAGE,
      hostPort: port,
      containerPort: 5432,
      env,
      dataPath: CONTAINER_DATA,
      args: SETTINGS,
    };
    return runContainer({ name: 'postgres', address, container, context, probe });
  }
  const account = serviceAccount();
  const files = await preparePostgresFiles({ dataDir: context.dataDir, account, progress: context.progress });
  await initialise({ files, account, password, context });
  // SIGINT is Postgres' fast shutdown: open connections are ended, everything committed is kept.
  const listen = ['-D', files.dataDir, '-h', LOOPBACK, '-p', String(port), '-k', ''];
  const process_ = { command: join(files.binDir, 'postgres'), args: [...listen, ...SETTINGS], cwd: files.dataDir, account };
  return runNative({ name: 'postgres', address, process: { ...process_, stopSignal: 'SIGINT' }, context, probe });
}

async function initialise(options: {
  files: PostgresFiles;
  account: Account | undefined;
  password: string;
  context: ComponentContext;
}): Promise<void> {
  const { files, account, password, context } = options;
  const { dataDir, binDir } = files;
  if (existsSync(join(dataDir, 'throughline.initialised'))) return;
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const passwordFile = `${dataDir}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) for (const path of [dataDir, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    const args = ['-D', dataDir, '-U', 'postgres', `--pwfile=${passwordFile}`, '--no-instructions', ...INIT_ARGS];
    await runCommand({ command: join(binDir, 'initdb'), args, cwd: dataDir, account, signal: context.signal });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  // An initdb that was cut off leaves files that look like a database; this one is written last.
  writeFileSync(join(dataDir, 'throughline.initialised'), '');
}

async function answersQuery(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // A server that is going down ends the connection outside of any query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
