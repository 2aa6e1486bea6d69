import { AUTH, EDGE_SYSTEMS, routesTo } from '../../services/edge/src/edge-systems.ts';
import { findUpstream } from '../../services/edge/src/route-table.ts';
import { type KubeObject, ofKind, theOne } from './kube-object.ts';
import { renderChart } from './render-chart.ts';

const USE_REGEX = 'nginx.ingress.kubernetes.io/use-regex';
const ROUTES = routesTo([AUTH, ...EDGE_SYSTEMS.flatMap(({ services }) => services)]);

/** Each pattern with its wildcards filled in, and what is just beside it. */
const PATHS = [
  ...new Set(
    ROUTES.flatMap(({ pattern }) => {
      const base = pattern.replace('/*/', '/some-bucket/').replace(/\/\*$/, '/some-id');
      if (!base.endsWith('/**')) return [base, `${base}-and-more`];
      const stem = base.slice(0, -3);
      return [stem, `${stem}/one`, `${stem}/one/two.txt`, `${stem}-and-more`];
    }),
  ),
  '/',
  '/internal/buckets/x',
  '/storage',
  '/storage/internal/x',
  '/operations/dead-letters',
];

interface IngressPath {
  readonly path: string;
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  readonly backend: { readonly service: { readonly name: string; readonly port: { readonly name: string } } };
}

/** Kubernetes' own rule: an element of the path is taken whole. */
function fitsPrefix(prefix: string, path: string): boolean {
  const stem = prefix.replace(/\/$/, '');
  return path === stem || path.startsWith(`${stem}/`);
}

/** Where ingress-nginx leads a path with `use-regex`: whatever the type, each is an expression in any case, and the longest is tried first. */
function throughNginx({ spec }: KubeObject, path: string): string | undefined {
  const paths = spec.rules[0].http.paths as readonly IngressPath[];
  const found = paths
    .toSorted((a, b) => b.path.length - a.path.length)
    .find((each) => new RegExp(`^${each.path}`, 'i').test(path));
  return found?.backend.service.name.replace('throughline-', '');
}

/** Where another controller leads a path: the exact one first, then the longest. */
function throughIngress({ spec }: KubeObject, path: string): string | undefined {
  const paths = spec.rules[0].http.paths as readonly IngressPath[];
  const fits = (each: IngressPath) => {
    if (each.pathType === 'Exact') return each.path === path;
    return each.pathType === 'Prefix' ? fitsPrefix(each.path, path) : new RegExp(`^${each.path}`).test(path);
  };
  const found = paths
    .filter(fits)
    .sort((a, b) => Number(b.pathType === 'Exact') - Number(a.pathType === 'Exact') || b.path.length - a.path.length);
  return found[0]?.backend.service.name.replace('throughline-', '');
}

interface RouteRule {
  readonly matches: readonly { readonly path: { readonly type: string; readonly value: string } }[];
  readonly backendRefs: readonly { readonly name: string; readonly port: number }[];
}

/** Where a Gateway leads a path: exact, regular expression, then the longest prefix. */
function throughGateway({ spec }: KubeObject, path: string): string | undefined {
  const order = ['Exact', 'RegularExpression', 'PathPrefix'];
  const found = (spec.rules as readonly RouteRule[])
    .flatMap(({ matches, backendRefs }) => matches.map((match) => ({ ...match.path, to: backendRefs[0]?.name })))
    .filter(({ type, value }) => {
      if (type === 'Exact') return value === path;
      return type === 'PathPrefix' ? fitsPrefix(value, path) : new RegExp(`^${value}$`).test(path);
    })
    .sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type) || b.value.length - a.value.length);
  return found[0]?.to?.replace('throughline-', '');
}

describe('the entrance', () => {
  let ingress: KubeObject;
  let ingressOfOthers: KubeObject;
  let route: KubeObject;

  beforeAll(async () => {
    const objects = await renderChart({
      values: {
        ingress: { enabled: true, host: 'events.example.com', tlsSecret: 'its-certificate' },
        gateway: { enabled: true, parentRefs: [{ name: 'main' }] },
      },
    });
    ingress = theOne(objects, 'Ingress', 'throughline');
    route = theOne(objects, 'HTTPRoute', 'throughline');
    const annotations = { [USE_REGEX]: 'false' };
    const others = await renderChart({ values: { ingress: { enabled: true, annotations } } });
    ingressOfOthers = theOne(others, 'Ingress', 'throughline');
  });

  it.each(PATHS)('%s leads through ingress-nginx where it leads through the local edge', (path) => {
    expect(throughNginx(ingress, path)).toBe(findUpstream(ROUTES, path));
  });

  it.each(PATHS)('%s leads through the Ingress of another controller where it leads through the local edge', (path) => {
    expect(throughIngress(ingressOfOthers, path)).toBe(findUpstream(ROUTES, path));
  });

  it.each(PATHS)('%s leads through the Gateway where it leads through the local edge', (path) => {
    expect(throughGateway(route, path)).toBe(findUpstream(ROUTES, path));
  });

  it('leads to requests, and never to operations', () => {
    for (const { backend } of ingress.spec.rules[0].http.paths as readonly IngressPath[])
      expect(backend.service.port).toEqual({ name: 'http' });
    for (const { backendRefs } of route.spec.rules as readonly RouteRule[]) expect(backendRefs[0]?.port).toBe(8080);
  });

  it('has the host and the certificate of the values', () => {
    expect(ingress.spec.tls).toEqual([{ secretName: 'its-certificate', hosts: ['events.example.com'] }]);
    expect(ingress.spec.rules[0].host).toBe('events.example.com');
  });

  it('calls every path an expression where NGINX takes it for one, and only there', () => {
    const typesOf = ({ spec }: KubeObject) =>
      new Set((spec.rules[0].http.paths as readonly IngressPath[]).map(({ pathType }) => pathType));
    expect(ingress.metadata.annotations).toMatchObject({ [USE_REGEX]: 'true' });
    expect([...typesOf(ingress)]).toEqual(['ImplementationSpecific']);
    expect([...typesOf(ingressOfOthers)].sort()).toEqual(['Exact', 'ImplementationSpecific', 'Prefix']);
  });

  it('lets NGINX hand on uploads of any size and duration as they come', () => {
    expect(ingress.metadata.annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/proxy-body-size': '0',
      'nginx.ingress.kubernetes.io/proxy-request-buffering': 'off',
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '300',
      'nginx.ingress.kubernetes.io/proxy-send-timeout': '300',
    });
  });

  it('is not there by default, and on kind it is a port of the node', async () => {
    const objects = await renderChart();
    expect([...ofKind(objects, 'Ingress'), ...ofKind(objects, 'HTTPRoute')]).toEqual([]);
    expect(theOne(objects, 'Service', 'throughline-edge').spec).toEqual(
      expect.objectContaining({
        type: 'NodePort',
        ports: expect.arrayContaining([{ name: 'http', port: 8080, targetPort: 'http', nodePort: 30080 }]),
      }),
    );
  });
});
