import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createHttpServer, requireInternalToken, type VerifyToken } from '@throughline/http';
import { createEventPublisher } from '@throughline/messaging';
import { createDatabase, createIdempotencyStore, createOutbox, type Database, migrate } from '@throughline/postgres';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createBucketStore } from './adapters/bucket-store.ts';
import { bucketRoutes } from './routes/bucket-routes.ts';

export interface CallOptions {
  /** Whose token; null sends none. (Default: the fixture's owner) */
  readonly as?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** The bucket service on a database, without a relay: its events stay in the outbox. */
export interface BucketFixture {
  readonly database: Database;
  /** Who calls unless somebody else is named; tests that share the database take a new one each. */
  owner: string;
  readonly origin: string;
  call(method: string, path: string, options?: CallOptions): ReturnType<typeof send>;
  create(name: string, options?: CallOptions): ReturnType<typeof send>;
  /** Events of a bucket, oldest first, each held against its contract. */
  eventsOf(bucketId: string): Promise<readonly WaitingEvent[]>;
  close(): Promise<void>;
}

interface WaitingEvent {
  readonly type: string;
  readonly topic: string;
  readonly key: string;
  // biome-ignore lint/suspicious/noExplicitAny: parsed JSON
  readonly envelope: any;
}

export const INTERNAL_TOKEN = 'inside';

export async function startBucketService(databaseUrl: string): Promise<BucketFixture> {
  const logger = createLogger({ name: 'storage.bucket', level: 'fatal' });
  const database = createDatabase({ connectionString: databaseUrl, applicationName: 'bucket-test', logger });
  await migrate({ database, directory: new URL('../migrations/', import.meta.url), logger });
  const contracts = await loadContracts(fileURLToPath(new URL('../../../../contracts/object-storage', import.meta.url)));
  const publisher = createEventPublisher({
    source: 'BUCKET_SERVICE',
    codec: s3Codec,
    contracts,
    outbox: createOutbox({ wake: () => undefined }),
    destination: () => ({ topic: 'storage.bucket.v1', aggregateType: 'bucket' }),
  });
  const guard = requireInternalToken(INTERNAL_TOKEN);
  const routes = bucketRoutes({ database, publisher, buckets: createBucketStore({ database }), guard });
  const idempotency = createIdempotencyStore({ database });
  const metrics = createMetrics({ service: 'bucket' });
  const server = createHttpServer({ routes, verifyToken, idempotency, logger, metrics, title: 'Buckets' });
  const origin = `http://127.0.0.1:${(await server.listen({ host: '127.0.0.1', port: 0 })).port}`;
  const fixture: BucketFixture = {
    database,
    owner: '',
    origin,
    call: (method, path, options = {}) => send(method, origin + path, { as: fixture.owner, ...options }),
    create: (name, options = {}) => fixture.call('POST', '/storage/buckets', { body: { name }, ...options }),
    async eventsOf(bucketId) {
      const rows = await database.query<{ type: string; topic: string; key: string; payload: Buffer }>(
        "SELECT type, topic, convert_from(record_key, 'UTF8') AS key, payload FROM outbox WHERE aggregateid = $1 ORDER BY seq",
        [bucketId],
      );
      return rows.map(({ payload, ...row }) => {
        const envelope = JSON.parse(payload.toString());
        const violations = contracts.validate(contracts.newest(row.type) ?? row.type, envelope, 'closed');
        if (violations.length > 0) throw new Error(`${row.type} breaks its contract: ${JSON.stringify(violations)}`);
        return { ...row, envelope };
      });
    },
    async close() {
      await server.close();
      await database.close();
    },
  };
  return fixture;
}

/** The token is the user's id and, where it has not every scope, `~` and the one it has, written with a dot. */
const verifyToken: VerifyToken = async (token) => {
  const [userId = '', scope] = token.split('~');
  return { userId, roles: ['user'], scopes: scope === undefined ? ['storage:read', 'storage:write'] : [scope.replace('.', ':')] };
};

async function send(method: string, url: string, { as = null, body, headers = {} }: CallOptions) {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(as !== null && { authorization: `Bearer ${as}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
}
