import type { OpenApiDocument } from '@throughline/http';
import type { RunningService, RunningSystem } from './config.ts';
import { createMergedOpenApi } from './merged-open-api.ts';

const VERSION = '1.0.0';

/** What the services say about themselves: each system, with how one logs in, at `/<system>/openapi.json`, and all at `/openapi.json`. */
export function openApiPages(options: {
  readonly auth: RunningService;
  readonly systems: readonly RunningSystem[];
}): Readonly<Record<string, () => Promise<OpenApiDocument>>> {
  const { auth, systems } = options;
  const merged = (title: string, services: readonly RunningService[]) =>
    createMergedOpenApi({ upstreams: [auth, ...services], info: { title, version: VERSION } });
  const pages = systems.map(({ name, title, services }) => [`/${name}/openapi.json`, merged(title, services)] as const);
  const everything = merged(
    'Throughline',
    systems.flatMap(({ services }) => services),
  );
  return Object.fromEntries([...pages, ['/openapi.json', everything] as const]);
}
