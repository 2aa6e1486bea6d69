import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { orderCodec } from '@throughline/events';
import { createHttpServer, createTokenVerifier } from '@throughline/http';
import { runService, startBackbone, startRedrive } from '@throughline/service';
import { readWorkerConfig } from './config.ts';
import { orderHandlers } from './handlers/order-handlers.ts';
import { getOrderRoute } from './routes/get-order.ts';
import { listProcessedOrdersRoute } from './routes/list-processed-orders.ts';
import { topicsOf } from './topics.ts';

const NAME = 'intake.worker';
const config = readWorkerConfig(process.env);

await runService({
  name: NAME,
  config,
  build: async (runtime) => {
    const { logger, metrics } = runtime;
    const contracts = await loadContracts(fileURLToPath(new URL('../../../../contracts/order-intake/', import.meta.url)));
    const {
      publishes,
      subscriptions: [orders],
    } = topicsOf(config);
    const backbone = await startBackbone({
      runtime,
      config,
      name: NAME,
      migrations: new URL('../migrations/', import.meta.url),
      publishes,
      // As intake-api, whose topic it is, declares it.
      reads: [{ topic: config.ordersTopic, partitions: 12 }],
    });
    const { database, subscribe } = backbone;
    const { handlerTimeoutMs, lingerMs } = config;
    await subscribe({ ...orders, codec: orderCodec, contracts, handlers: orderHandlers({ logger }), handlerTimeoutMs, lingerMs });
    startRedrive({
      runtime,
      backbone,
      group: config.consumerGroup,
      intervalMs: config.redriveIntervalMs,
      limit: config.redriveLimit,
      batchSize: config.redriveBatch,
    });

    const server = createHttpServer({
      routes: [getOrderRoute({ database }), listProcessedOrdersRoute({ database })],
      verifyToken: createTokenVerifier({ issuer: config.authIssuer, jwksUrl: config.authJwksUrl, audience: 'throughline' }),
      logger,
      metrics,
      title: 'Order intake: orders that were handled',
    });
    await server.listen({ host: config.host, port: config.httpPort });
    runtime.onStop('http server', () => server.close(), { atMostMs: 9_000 });
  },
});
