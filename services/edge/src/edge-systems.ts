import type { EdgeRoute } from './route-table.ts';

/** A service the edge leads to. */
export interface EdgeService {
  /** As everywhere; its variables are `STORAGE_AUTH_URL` and `STORAGE_AUTH_OPS_URL` for `storage-auth`. */
  readonly name: string;
  /** What leads there; in all of them the first that fits counts. */
  readonly routes: readonly Omit<EdgeRoute, 'upstream'>[];
}

/** Services that run all or not at all. */
export interface EdgeSystem {
  /** What it says about itself is at `/<name>/openapi.json`. */
  readonly name: string;
  readonly title: string;
  readonly services: readonly EdgeService[];
}

/** Runs with every system: who uses one logs in here. */
export const AUTH: EdgeService = { name: 'storage-auth', routes: [{ pattern: '/storage/auth/**' }] };

/** `/internal` stands nowhere: calls between services do not come through here. */
export const EDGE_SYSTEMS: readonly EdgeSystem[] = [
  {
    name: 'storage',
    title: 'Throughline object storage',
    services: [
      {
        name: 'storage-object',
        routes: [
          { pattern: '/storage/buckets/*/objects/**', takesDotSegments: true },
          { pattern: '/storage/users/**', takesDotSegments: true },
        ],
      },
      { name: 'storage-bucket', routes: [{ pattern: '/storage/buckets/**' }] },
      { name: 'storage-metadata', routes: [{ pattern: '/storage/search' }, { pattern: '/storage/objects/**' }] },
    ],
  },
  {
    name: 'intake',
    title: 'Throughline order intake',
    services: [
      { name: 'intake-api', routes: [{ pattern: '/intake/orders' }] },
      { name: 'intake-worker', routes: [{ pattern: '/intake/orders/*' }, { pattern: '/intake/processed-orders' }] },
    ],
  },
];

/** Every route to services, in their order. */
export function routesTo(services: readonly EdgeService[]): readonly EdgeRoute[] {
  return services.flatMap(({ name, routes }) => routes.map((route) => ({ ...route, upstream: name })));
}
