import { readEdgeConfig } from './config.ts';
import { routesTo } from './edge-systems.ts';
import { findUpstream } from './route-table.ts';

const AUTH = { STORAGE_AUTH_URL: 'http://auth', STORAGE_AUTH_OPS_URL: 'http://auth:1' };
const STORAGE = {
  STORAGE_BUCKET_URL: 'http://bucket',
  STORAGE_BUCKET_OPS_URL: 'http://bucket:1',
  STORAGE_OBJECT_URL: 'http://object',
  STORAGE_OBJECT_OPS_URL: 'http://object:1',
  STORAGE_METADATA_URL: 'http://metadata',
  STORAGE_METADATA_OPS_URL: 'http://metadata:1',
};
const INTAKE = {
  INTAKE_API_URL: 'http://api',
  INTAKE_API_OPS_URL: 'http://api:1',
  INTAKE_WORKER_URL: 'http://worker',
  INTAKE_WORKER_OPS_URL: 'http://worker:1',
};

function whereIn(environment: Record<string, string>): (path: string) => string | undefined {
  const { auth, systems } = readEdgeConfig(environment);
  const routes = routesTo([auth, ...systems.flatMap(({ services }) => services)]);
  return (path) => findUpstream(routes, path);
}

describe('the systems behind the edge', () => {
  it.each([
    ['both', { ...STORAGE, ...INTAKE }, ['storage', 'intake']],
    ['order intake alone', INTAKE, ['intake']],
    ['object storage alone', { ...STORAGE, INTAKE_API_URL: '  ' }, ['storage']],
    ['none', {}, []],
  ])('are those whose addresses are given: %s', (_, environment, names) => {
    const { systems } = readEdgeConfig({ ...AUTH, ...environment });
    expect(systems.map(({ name }) => name)).toEqual(names);
  });

  it('have the addresses of their services', () => {
    const { auth, systems } = readEdgeConfig({ ...AUTH, ...INTAKE });
    const [, worker] = systems[0]?.services ?? [];
    expect([auth.url.href, auth.opsUrl.href]).toEqual(['http://auth/', 'http://auth:1/']);
    expect([worker?.name, worker?.url.href, worker?.opsUrl.href]).toEqual([
      'intake-worker',
      'http://worker/',
      'http://worker:1/',
    ]);
  });

  it('are given whole: every address that is missing is named', () => {
    expect(() => readEdgeConfig({ STORAGE_BUCKET_URL: 'http://bucket', INTAKE_WORKER_OPS_URL: 'nowhere' })).toThrow(
      expect.objectContaining({
        faults: [
          expect.stringMatching(/^STORAGE_AUTH_URL is missing/),
          expect.stringMatching(/^STORAGE_AUTH_OPS_URL is missing/),
          expect.stringMatching(/^STORAGE_OBJECT_URL is missing/),
          expect.stringMatching(/^STORAGE_OBJECT_OPS_URL is missing/),
          expect.stringMatching(/^STORAGE_BUCKET_OPS_URL is missing/),
          expect.stringMatching(/^STORAGE_METADATA_URL is missing/),
          expect.stringMatching(/^STORAGE_METADATA_OPS_URL is missing/),
          expect.stringMatching(/^INTAKE_API_URL is missing/),
          expect.stringMatching(/^INTAKE_API_OPS_URL is missing/),
          expect.stringMatching(/^INTAKE_WORKER_URL is missing/),
          expect.stringMatching(/^INTAKE_WORKER_OPS_URL is not valid/),
        ],
      }),
    );
  });

  it('leave no way to a system that does not run', () => {
    const where = whereIn({ ...AUTH, ...INTAKE });
    expect(['/storage/auth/login', '/storage/buckets', '/storage/search', '/intake/orders'].map(where)).toEqual([
      'storage-auth',
      undefined,
      undefined,
      'intake-api',
    ]);
  });
});
