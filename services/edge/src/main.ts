import { runService } from '@throughline/service';
import { readEdgeConfig } from './config.ts';
import { createEdgeServer } from './edge-server.ts';
import { createMergedOpenApi } from './merged-open-api.ts';
import { STORAGE_ROUTES } from './route-table.ts';
import { createUpstreamReadiness } from './upstream-readiness.ts';

const config = readEdgeConfig(process.env);

const services = [
  { name: 'auth', url: config.authUrl, opsUrl: config.authOpsUrl },
  { name: 'bucket', url: config.bucketUrl, opsUrl: config.bucketOpsUrl },
  { name: 'object', url: config.objectUrl, opsUrl: config.objectOpsUrl },
  { name: 'metadata', url: config.metadataUrl, opsUrl: config.metadataOpsUrl },
];

/** Nothing is led to the console, but the whole is not well without it: its canary says whether events arrive. */
const probed = [...services, ...(config.consoleOpsUrl === undefined ? [] : [{ name: 'console', opsUrl: config.consoleOpsUrl }])];

await runService({
  name: 'edge',
  config,
  build: async ({ logger, metrics, onStop }) => {
    const upstreams = services.map(({ name, url }) => ({ name, url: new URL(url) }));
    const edge = createEdgeServer({
      routes: STORAGE_ROUTES,
      upstreams,
      readiness: createUpstreamReadiness({
        services: probed.map(({ name, opsUrl }) => ({ name, readyUrl: new URL('/readyz', opsUrl) })),
      }),
      openApi: createMergedOpenApi({ upstreams, info: { title: 'Throughline object storage', version: '1.0.0' } }),
      logger,
      metrics,
    });
    const { port } = await edge.listen({ host: config.host, port: config.httpPort });
    onStop('edge server', () => edge.close(), { atMostMs: 21_000 });
    logger.info({ host: config.host, port }, `The edge listens on ${config.host}:${port}`);
  },
});
