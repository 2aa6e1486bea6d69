import { runService } from '@throughline/service';
import { readEdgeConfig } from './config.ts';
import { createEdgeServer } from './edge-server.ts';
import { routesTo } from './edge-systems.ts';
import { openApiPages } from './open-api-pages.ts';
import { createUpstreamReadiness } from './upstream-readiness.ts';

const { auth, systems, consoleOpsUrl, ...config } = readEdgeConfig(process.env);

const services = [auth, ...systems.flatMap((system) => system.services)];

/** Nothing is led to the console, but the whole is not well without it: its canary says whether events arrive. */
const probed = [...services, ...(consoleOpsUrl === undefined ? [] : [{ name: 'console', opsUrl: consoleOpsUrl }])];

await runService({
  name: 'edge',
  config,
  build: async ({ logger, metrics, onStop }) => {
    const edge = createEdgeServer({
      routes: routesTo(services),
      upstreams: services,
      readiness: createUpstreamReadiness({
        services: probed.map(({ name, opsUrl }) => ({ name, readyUrl: new URL('/readyz', opsUrl) })),
      }),
      openApi: openApiPages({ auth, systems }),
      logger,
      metrics,
    });
    const { port } = await edge.listen({ host: config.host, port: config.httpPort });
    onStop('edge server', () => edge.close(), { atMostMs: 21_000 });
    logger.info({ host: config.host, port }, `The edge listens on ${config.host}:${port}`);
  },
});
