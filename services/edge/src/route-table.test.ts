import { findUpstream, STORAGE_ROUTES } from './route-table.ts';

it.each([
  ['/storage/auth/login', 'auth'],
  ['/storage/auth/.well-known/jwks.json', 'auth'],
  ['/storage/buckets', 'bucket'],
  ['/storage/buckets/', 'bucket'],
  ['/storage/buckets/b', 'bucket'],
  ['/storage/buckets/b/other', 'bucket'],
  ['/storage/buckets/b/objects', 'object'],
  ['/storage/buckets/b/objects/', 'object'],
  ['/storage/buckets/b/objects/a/b//c', 'object'],
  ['/storage/buckets/b/objects/../x', 'object'],
  ['/storage/buckets/b/objects/%2e%2e/%2E/x', 'object'],
  ['/storage/buckets/b/objects/..%2fx', 'object'],
  ['/storage/users/u/buckets/b/objects/x', 'object'],
  ['/storage/search', 'metadata'],
  ['/storage/objects/id/versions', 'metadata'],
])('%s leads to %s', (path, upstream) => {
  expect(findUpstream(STORAGE_ROUTES, path)).toBe(upstream);
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
])('%j leads nowhere', (path) => {
  expect(findUpstream(STORAGE_ROUTES, path)).toBeUndefined();
});
