import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { orderCodec } from '@throughline/events';
import { createHttpServer, type VerifyToken } from '@throughline/http';
import type { MessagingDriver } from '@throughline/messaging';
import { createTokenBucket } from '@throughline/redis';
import { type ServiceRuntime, startPublishing } from '@throughline/service';
import { createLogger, createMetrics, type Metrics } from '@throughline/telemetry';
import { acceptOrder } from '../src/routes/accept-order.ts';
import { topicsOf } from '../src/topics.ts';
import { readTopic } from './read-topic.ts';

export interface IntakeApiOptions {
  readonly kafkaBrokers: readonly string[];
  readonly redisUrl: string;
  /** Of topic and group. */
  readonly prefix: string;
  /** (Default: 5 000) */
  readonly deadlineMs?: number;
  readonly maxInFlight?: number;
  /** (Default: 10 000) */
  readonly clientRatePerSecond?: number;
  readonly clientBurst?: number;
}

export interface PlaceOptions {
  /** Whose token; null sends none. (Default: somebody) */
  readonly as?: string | null;
  readonly headers?: Record<string, string>;
}

/** The api on a broker and a Redis, with its own topic. */
export interface IntakeApi {
  readonly origin: string;
  readonly topic: string;
  readonly metrics: Metrics;
  readonly driver: MessagingDriver;
  readonly logLines: readonly LogLine[];
  place(body: unknown, options?: PlaceOptions): Promise<Reply>;
  /** Everything in the topic, each held against the contract. */
  // biome-ignore lint/suspicious/noExplicitAny: parsed JSON
  published(): Promise<readonly any[]>;
  close(): Promise<void>;
}

interface LogLine {
  readonly msg: string;
  readonly event_id?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: parsed JSON
  readonly body: any;
}

const CONTRACTS = new URL('../../../../contracts/order-intake', import.meta.url);

export const SOMEBODY = '0c9a2f3b-7d64-4d0e-8a55-3b1f8e2d6c70';

export async function startIntakeApi(options: IntakeApiOptions): Promise<IntakeApi> {
  const { prefix, kafkaBrokers, redisUrl, deadlineMs, maxInFlight = 2_000, clientRatePerSecond = 10_000 } = options;
  const { runtime, logLines, stop } = openRuntime();
  const { logger, metrics } = runtime;
  const topic = `${prefix}.orders.v1`;
  const contracts = await loadContracts(fileURLToPath(CONTRACTS));
  const { driver, redis, publisher } = await startPublishing({
    runtime,
    config: { kafkaBrokers, createTopics: true, redisUrl },
    name: prefix,
    topics: topicsOf({ ordersTopic: topic, workerGroup: `${prefix}.worker` }),
    source: 'order-intake',
    codec: orderCodec,
    contracts,
    destination: () => ({ topic }),
    maxQueuedEvents: maxInFlight,
    ...(deadlineMs !== undefined && { deadlineMs }),
  });
  await redis.ping(1_000).catch(() => undefined);
  const clientBurst = options.clientBurst ?? 2 * clientRatePerSecond;
  const limiter = createTokenBucket({ redis, prefix, ratePerSecond: clientRatePerSecond, burst: clientBurst, logger, metrics });
  const routes = [acceptOrder({ publisher, limiter, logger })];
  const server = createHttpServer({ routes, verifyToken, logger, metrics, title: 'Orders', maxActiveRequests: maxInFlight });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const origin = `http://127.0.0.1:${port}`;
  return {
    ...{ origin, topic, metrics, driver, logLines },
    place: (body, placing) => place(origin, body, placing),
    published: async () => (await readTopic(driver, topic)).map((value) => checked(contracts, value)),
    close: async () => {
      await server.close();
      await stop();
    },
  };
}

/** What `runService` hands to a service, without the process. */
function openRuntime() {
  const logLines: LogLine[] = [];
  const releases: (() => Promise<void> | void)[] = [];
  const runtime: ServiceRuntime = {
    logger: createLogger({
      name: 'intake.api',
      level: 'debug',
      destination: { write: (line) => void logLines.push(JSON.parse(line)) },
    }),
    metrics: createMetrics({ service: 'intake.api' }),
    stopping: new AbortController().signal,
    onStop: (_, release) => void releases.push(release),
    addReadiness: () => undefined,
    addLiveness: () => undefined,
    addOperations: () => undefined,
  };
  const stop = async () => {
    for (const release of releases.toReversed()) await release();
  };
  return { runtime, logLines, stop };
}

/** The token is the user's id and, where it has other scopes than the usual ones, `~` and the one it has, written with a dot. */
const verifyToken: VerifyToken = async (token) => {
  const [userId = '', scope] = token.split('~');
  return { userId, roles: ['user'], scopes: scope === undefined ? ['orders:write'] : [scope.replace('.', ':')] };
};

async function place(origin: string, body: unknown, { as = SOMEBODY, headers = {} }: PlaceOptions = {}): Promise<Reply> {
  const answer = await fetch(`${origin}/intake/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(as !== null && { authorization: `Bearer ${as}` }), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

function checked(contracts: Awaited<ReturnType<typeof loadContracts>>, value: string): unknown {
  const envelope = JSON.parse(value);
  const violations = contracts.validate('OrderCreated.v1', envelope, 'closed');
  if (violations.length > 0) throw new Error(`An event breaks its contract: ${JSON.stringify(violations)}`);
  return envelope;
}
