import { orderCodec, s3Codec } from '@throughline/events';
import { createHttpServer } from '@throughline/http';
import { runService, startBackbone } from '@throughline/service';
import { startCanary } from './canary/start-canary.ts';
import { readConsoleConfig } from './config.ts';
import { createDayPartitions } from './indexer/day-partitions.ts';
import { startIndexer } from './indexer/start-indexer.ts';
import { createServiceInquiry } from './journey/ask-services.ts';
import { tellJourney } from './journey/tell-journey.ts';
import { getJourneyRoute } from './routes/get-journey.ts';
import { createOperatorVerifier } from './routes/operator-token.ts';
import { topicsOf } from './topics.ts';

const NAME = 'throughline.console';
const {
  publishes,
  subscriptions: [canaryEvents],
  readers: [eventIndex, outcomeIndex],
} = topicsOf();
const config = readConsoleConfig(process.env);

await runService({
  name: NAME,
  config,
  build: async (runtime) => {
    const { logger, metrics } = runtime;
    const backbone = await startBackbone({
      runtime,
      config,
      name: NAME,
      migrations: new URL('../migrations/', import.meta.url),
      publishes,
    });
    const { database, driver } = backbone;

    const days = createDayPartitions({ database, logger, retentionDays: config.retentionDays });
    await days.refresh();
    days.start();
    runtime.onStop('partitions of the index', () => days.stop());
    const indexer = await startIndexer({
      database,
      driver,
      days,
      logger,
      metrics,
      events: eventIndex,
      outcomes: outcomeIndex,
      codecs: [s3Codec, orderCodec],
    });
    runtime.onStop('indexer', () => indexer.stop(), { atMostMs: 12_000, beginsAtOnce: true });
    runtime.addLiveness('indexer', () => indexer.requireProgress());

    await startCanary({ runtime, backbone, canaryEvents, config });

    const ask = createServiceInquiry({ urls: config.operationsUrls, token: config.operationsToken });
    const server = createHttpServer({
      routes: [getJourneyRoute({ tell: (eventId) => tellJourney({ database, ask, lag: indexer.lag }, eventId) })],
      verifyToken: createOperatorVerifier(config.operationsToken),
      logger,
      metrics,
      title: 'Console',
    });
    await server.listen({ host: config.host, port: config.httpPort });
    runtime.onStop('http server', () => server.close(), { atMostMs: 9_000 });
  },
});
