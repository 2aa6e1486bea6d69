import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { orderCodec } from '@throughline/events';
import { createHttpServer, createTokenVerifier } from '@throughline/http';
import { createTokenBucket } from '@throughline/redis';
import { runService, startPublishing } from '@throughline/service';
import { readApiConfig } from './config.ts';
import { acceptOrder } from './routes/accept-order.ts';
import { topicsOf } from './topics.ts';

const config = readApiConfig(process.env);

await runService({
  name: 'intake.api',
  config,
  build: async (runtime) => {
    const { logger, metrics } = runtime;
    const { publisher, redis } = await startPublishing({
      runtime,
      config,
      name: 'intake.api',
      topics: topicsOf(config),
      source: 'order-intake',
      codec: orderCodec,
      contracts: await loadContracts(fileURLToPath(new URL('../../../../contracts/order-intake', import.meta.url))),
      destination: () => ({ topic: config.ordersTopic }),
      deadlineMs: config.acceptDeadlineMs,
      maxQueuedEvents: config.maxInFlight,
    });
    const limiter = createTokenBucket({
      redis,
      prefix: 'intake.orders',
      ratePerSecond: config.clientRatePerSecond,
      burst: config.clientBurst,
      logger,
      metrics,
    });
    const server = createHttpServer({
      routes: [acceptOrder({ publisher, limiter, logger })],
      verifyToken: createTokenVerifier({ issuer: config.issuer, jwksUrl: config.jwksUrl, audience: 'throughline' }),
      logger,
      metrics,
      title: 'Order intake',
      requestTimeoutMs: 30_000,
      // An order is small: who sends it slowly must not hold a place among those under way.
      bodyTimeoutMs: 5_000,
      maxActiveRequests: config.maxInFlight,
    });
    const { port } = await server.listen({ host: config.host, port: config.httpPort });
    runtime.onStop('http server', () => server.close(), { atMostMs: 9_000 });
    logger.info({ port }, `Order intake listens on ${config.host}:${port}`);
  },
});
