import { AUTH, EDGE_SYSTEMS, routesTo } from './edge-systems.ts';
import { findUpstream } from './route-table.ts';

const ROUTES = routesTo([AUTH, ...EDGE_SYSTEMS.flatMap(({ services }) => services)]);

it.each([
  ['/storage/auth/login', 'storage-auth'],
  ['/storage/auth/.well-known/jwks.json', 'storage-auth'],
  ['/storage/buckets', 'storage-bucket'],
  ['/storage/buckets/', 'storage-bucket'],
  ['/storage/buckets/b', 'storage-bucket'],
  ['/storage/buckets/b/other', 'storage-bucket'],
  ['/storage/buckets/b/objects', 'storage-object'],
  ['/storage/buckets/b/objects/', 'storage-object'],
  ['/storage/buckets/b/objects/a/b//c', 'storage-object'],
  ['/storage/buckets/b/objects/../x', 'storage-object'],
  ['/storage/buckets/b/objects/%2e%2e/%2E/x', 'storage-object'],
  ['/storage/buckets/b/objects/..%2fx', 'storage-object'],
  ['/storage/users/u/buckets/b/objects/x', 'storage-object'],
  ['/storage/search', 'storage-metadata'],
  ['/storage/objects/id/versions', 'storage-metadata'],
  ['/intake/orders', 'intake-api'],
  ['/intake/orders/123', 'intake-worker'],
  ['/intake/orders/a%2fb', 'intake-worker'],
  ['/intake/processed-orders', 'intake-worker'],
])('%s leads to %s', (path, upstream) => {
  expect(findUpstream(ROUTES, path)).toBe(upstream);
});

it.each([
  '',
  '/',
  '*',
  'storage/auth/login',
  '/storage',
  '/storage/',
  '/storage/searching',
  '/storage/search/more',
  '/Storage/auth/login',
  '//storage/auth/login',
  '/internal/buckets',
  '/storage/../internal/buckets',
  '/storage/auth/../../internal/buckets',
  '/storage/buckets/../../internal/buckets',
  '/storage/buckets/%2e%2e/%2e%2e/internal/buckets',
  '/storage/buckets/.%2E/objects/x',
  '/storage/buckets/..',
  '/storage%2fauth/login',
  '/storage/objects/./x',
  '/intake',
  '/intake/orders/',
  '/intake/orders/123/more',
  '/intake/orders/..',
  '/intake/processed-orders/123',
])('%j leads nowhere', (path) => {
  expect(findUpstream(ROUTES, path)).toBeUndefined();
});
