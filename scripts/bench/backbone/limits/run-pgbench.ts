import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../../stack/find-program.ts';
import { runCommand } from '../../../stack/run-command.ts';
import { type BenchContext, withDatabase } from '../bench-context.ts';
import { createHandWrittenTables } from '../bench-database.ts';
import { BENCH_KEYS } from '../bench-event.ts';
import type { Variant } from '../measurement.ts';

const DEBIAN = '/usr/lib/postgresql';
const CLIENTS = 8;

/** The loop's two statements in one transaction, as fast as 8 clients can commit them; undefined, and said, where there is no pgbench. */
export function pgbenchVariant(context: BenchContext): Variant | undefined {
  const program = findPgbench();
  if (program === undefined) {
    context.say('pgbench is not on this machine (Debian: postgresql-contrib), so the limit pgbench is absent');
    return undefined;
  }
  return { name: 'pgbench', run: () => withDatabase(context, (database) => run(program, database, context)) };
}

async function run(program: string, database: Parameters<typeof createHandWrittenTables>[0], context: BenchContext) {
  await createHandWrittenTables(database);
  mkdirSync(context.logFolder, { recursive: true });
  const script = join(context.logFolder, 'pgbench.sql');
  writeFileSync(script, STATEMENTS);
  const url = new URL(database.url);
  const output = await runCommand({
    command: program,
    args: [
      ...['--no-vacuum', '--protocol=prepared', `--client=${CLIENTS}`, '--jobs=2', `--time=${context.isQuick ? 2 : 5}`],
      ...['--file', script, '--host', url.hostname, '--port', url.port || '5432', '--username', url.username],
      url.pathname.slice(1),
    ],
    env: { ...process.env, PGPASSWORD: decodeURIComponent(url.password) },
    signal: context.signal,
  });
  const [, rate] = /tps = ([\d.]+) \(without initial/.exec(output) ?? [];
  if (rate === undefined) throw new Error(`pgbench said nothing of its rate:\n${output}`);
  return { eventsPerSecond: Number(rate), faults: [] };
}

const STATEMENTS = `\\set key random(1, ${BENCH_KEYS})
BEGIN;
INSERT INTO processed (event_id) VALUES (gen_random_uuid()::text) ON CONFLICT DO NOTHING;
INSERT INTO balances (key, amount, updated_at) VALUES (:key::text, 1, now())
  ON CONFLICT (key) DO UPDATE SET amount = balances.amount + 1, updated_at = now();
COMMIT;
`;

/** Debian puts it beside the server, of whichever version; the protocol is the same. */
function findPgbench(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const candidates = versions.map((version) => join(DEBIAN, version, 'bin', 'pgbench')).filter((file) => existsSync(file));
  return findProgram('pgbench') ?? candidates[0];
}
