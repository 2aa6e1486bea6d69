import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createHttpServer, createTokenVerifier } from '@throughline/http';
import { runService, startBackbone } from '@throughline/service';
import { readMetadataConfig } from './config.ts';
import { objectHandlers } from './handlers/object-handlers.ts';
import { listVersionsRoute } from './routes/list-versions.ts';
import { searchObjectsRoute } from './routes/search-objects.ts';
import { topicsOf } from './topics.ts';

const NAME = 'storage.metadata';
const config = readMetadataConfig(process.env);

await runService({
  name: NAME,
  config,
  build: async (runtime) => {
    const { logger, metrics } = runtime;
    const contracts = await loadContracts(fileURLToPath(new URL('../../../../contracts/object-storage/', import.meta.url)));
    const migrations = new URL('../migrations/', import.meta.url);
    const {
      publishes,
      subscriptions: [objectEvents],
    } = topicsOf(config);
    const { database, subscribe } = await startBackbone({ runtime, config, name: NAME, migrations, publishes });

    await subscribe({
      ...objectEvents,
      codec: s3Codec,
      contracts,
      handlers: objectHandlers,
      isReplayable: true,
    });

    const server = createHttpServer({
      routes: [searchObjectsRoute({ database }), listVersionsRoute({ database })],
      verifyToken: createTokenVerifier({ issuer: config.authIssuer, jwksUrl: config.authJwksUrl, audience: 'throughline' }),
      logger,
      metrics,
      title: 'Object storage: metadata',
    });
    await server.listen({ host: config.host, port: config.httpPort });
    runtime.onStop('http server', () => server.close(), { atMostMs: 9_000 });
  },
});
