import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createHttpServer, createTokenVerifier } from '@throughline/http';
import { createEventPublisher, type Outbox } from '@throughline/messaging';
import { runService, startBackbone } from '@throughline/service';
import { createBlobStore } from './adapters/blob-store.ts';
import { createBucketDirectory } from './adapters/bucket-directory.ts';
import { requireOwnData } from './adapters/data-identity.ts';
import { readObjectConfig } from './config.ts';
import { createObjectService } from './object-service.ts';
import { topicsOf } from './topics.ts';

const name = 'storage.object';
// Above what the edge allows a pausing client (240 s), so that it is the edge that gives up.
const IDLE_TIMEOUT_MS = 300_000;
const config = readObjectConfig(process.env);

await runService({
  name,
  config,
  build: async (runtime) => {
    const { logger, metrics } = runtime;
    const contracts = await loadContracts(fileURLToPath(new URL('../../../../contracts/object-storage', import.meta.url)));
    const migrations = new URL('../migrations', import.meta.url);
    const {
      publishes,
      subscriptions: [bucketEvents],
    } = topicsOf(config);
    const backbone = await startBackbone({ runtime, config, name, migrations, publishes });
    const { database, outbox, idempotency } = backbone;
    const destination = () => ({ topic: config.objectTopic, aggregateType: 'object' });
    const publisherInto = <Tx>(into: Outbox<Tx>) =>
      createEventPublisher({ source: 'OBJECT_SERVICE', codec: s3Codec, contracts, outbox: into, destination });

    const blobs = createBlobStore({ dataDir: config.dataDir });
    await blobs.prepare();
    runtime.onStop('folders of the bytes', blobs.close);
    await requireOwnData({ database, blobs, dataDir: config.dataDir });
    const buckets = createBucketDirectory({ baseUrl: config.bucketUrl, internalToken: config.internalToken });
    runtime.onStop('connections to the bucket service', buckets.close);
    const quota = { maxBytes: config.maxUserBytes, maxObjects: config.maxUserObjects };
    const clock = () => new Date();
    const service = createObjectService({
      ...config,
      database,
      outbox,
      publisherInto,
      bucketEvents,
      contracts,
      blobs,
      buckets,
      logger,
      clock,
      quota,
    });
    service.start();
    runtime.onStop('background jobs', service.stop);
    await backbone.subscribe(service.subscription);

    const { authIssuer: issuer, authJwksUrl: jwksUrl } = config;
    const verifyToken = createTokenVerifier({ issuer, jwksUrl, audience: 'throughline' });
    const server = createHttpServer({
      routes: service.routes,
      verifyToken,
      idempotency,
      logger,
      metrics,
      title: 'Objects',
      idleTimeoutMs: IDLE_TIMEOUT_MS,
    });
    runtime.onStop('http server', server.close, { atMostMs: 9_000 });
    await server.listen({ host: config.host, port: config.httpPort });
  },
});
