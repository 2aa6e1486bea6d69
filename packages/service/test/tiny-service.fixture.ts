import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createHttpServer, defineRoute } from '@throughline/http';
import { createEventPublisher } from '@throughline/messaging';
import { list, optional, port, readConfig, runService, startBackbone, text, token, url } from '../src/index.ts';

// A service as small as it can be: each POST /things makes a row and an event in one transaction; the service consumes its own topic and notes each event it handles.

const config = readConfig(process.env, {
  host: text('HOST', { default: '127.0.0.1' }),
  httpPort: port('HTTP_PORT'),
  opsPort: port('OPS_PORT'),
  databaseUrl: url('DATABASE_URL', { secret: true }),
  redisUrl: url('REDIS_URL', { secret: true }),
  kafkaBrokers: list('KAFKA_BROKERS'),
  topic: text('TOPIC'),
  operationsToken: optional(token('OPERATIONS_TOKEN')),
});
const ownerId = randomUUID();

await runService({
  name: 'test.tiny',
  config: { ...config, logLevel: 'info' },
  build: async (runtime) => {
    const { logger, metrics } = runtime;
    const contracts = await loadContracts(fileURLToPath(new URL('../../../contracts/object-storage', import.meta.url)));
    const { database, outbox, rateLimiter, subscribe } = await startBackbone({
      runtime,
      config: { ...config, createTopics: true },
      name: config.topic,
      publishes: [{ topic: config.topic, partitions: 3 }],
    });
    await database.execute('CREATE TABLE IF NOT EXISTS things (id uuid PRIMARY KEY)');
    await database.execute('CREATE TABLE IF NOT EXISTS handled (id uuid NOT NULL)');
    const destination = () => ({ topic: config.topic, aggregateType: 'thing' });
    const publisher = createEventPublisher({ source: 'BUCKET_SERVICE', codec: s3Codec, contracts, outbox, destination });
    await subscribe({
      group: `${config.topic}.group`,
      topics: [config.topic],
      codec: s3Codec,
      contracts,
      order: 'none',
      handlers: {
        BUCKET_DELETED: async (event, { tx }) => {
          await tx.execute('INSERT INTO handled (id) VALUES ($1)', [event.data.bucketId]);
          logger.info(`Handled ${event.data.bucketId}`);
        },
      },
    });
    const makeThing = defineRoute({
      method: 'POST',
      path: '/things',
      operationId: 'makeThing',
      summary: 'Make a thing',
      auth: 'none',
      responses: { 201: { description: 'Made.' } },
      handler: async ({ clientAddress }) => {
        await rateLimiter.consume({ key: clientAddress, limit: 1_000_000, windowMs: 1_000 });
        const id = randomUUID();
        await database.transaction(async (tx) => {
          await tx.execute('INSERT INTO things (id) VALUES ($1)', [id]);
          const data = { payloadType: 'BUCKET_DELETED', bucketName: 'things', bucketId: id };
          await publisher.publish(tx, { type: 'BUCKET_DELETED', key: id, ownerId, data });
        });
        return { status: 201, body: { id } };
      },
    });
    const server = createHttpServer({ routes: [makeThing], logger, metrics, title: 'Tiny' });
    await server.listen({ host: config.host, port: config.httpPort });
    runtime.onStop('http server', server.close, { atMostMs: 9_000 });
  },
});
