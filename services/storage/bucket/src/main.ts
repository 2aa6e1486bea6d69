import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createHttpServer, createTokenVerifier, requireInternalToken } from '@throughline/http';
import { createEventPublisher } from '@throughline/messaging';
import { runService, startBackbone } from '@throughline/service';
import { createBucketStore } from './adapters/bucket-store.ts';
import { readBucketConfig } from './config.ts';
import { bucketRoutes } from './routes/bucket-routes.ts';
import { topicsOf } from './topics.ts';

const config = readBucketConfig(process.env);

await runService({
  name: 'storage.bucket',
  config,
  build: async (runtime) => {
    const { logger, metrics } = runtime;
    const contracts = await loadContracts(fileURLToPath(new URL('../../../../contracts/object-storage', import.meta.url)));
    const { database, outbox, idempotency } = await startBackbone({
      runtime,
      config,
      name: 'storage.bucket',
      migrations: new URL('../migrations/', import.meta.url),
      publishes: topicsOf(config).publishes,
    });
    const publisher = createEventPublisher({
      source: 'BUCKET_SERVICE',
      codec: s3Codec,
      contracts,
      outbox,
      destination: () => ({ topic: config.bucketTopic, aggregateType: 'bucket' }),
    });
    const routes = bucketRoutes({
      database,
      publisher,
      buckets: createBucketStore({ database }),
      guard: requireInternalToken(config.internalToken),
    });
    const verifyToken = createTokenVerifier({ issuer: config.issuer, jwksUrl: config.jwksUrl, audience: 'throughline' });
    const server = createHttpServer({
      routes,
      verifyToken,
      idempotency,
      logger,
      metrics,
      title: 'Buckets',
      requestTimeoutMs: 30_000,
    });
    const { port } = await server.listen({ host: config.host, port: config.httpPort });
    runtime.onStop('http server', () => server.close(), { atMostMs: 9_000 });
    logger.info({ port }, `Buckets listens on ${config.host}:${port}`);
  },
});
