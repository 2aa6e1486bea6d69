import type { Route } from './route.ts';

/** Routes of one path, by method. */
export interface RouteGroup {
  /** As express matches it. */
  readonly pattern: string;
  readonly byMethod: ReadonlyMap<string, Route>;
  /** Value of the `Allow` header. */
  readonly allow: string;
}

/**
 * Groups routes by path; fixed segments come before parameters and parameters before rests, whatever the order of declaration.
 * @throws {Error} when two routes are the same operation, or name one path's parameters differently.
 */
export function groupRoutes(routes: readonly Route[]): RouteGroup[] {
  const byShape = new Map<string, Route[]>();
  for (const route of routes) {
    const shape = route.path.replaceAll(/\{\w+(\+?)\}/g, '{$1}');
    byShape.set(shape, [...(byShape.get(shape) ?? []), route]);
  }
  return [...byShape.keys()].sort(bySpecificity).map((shape) => groupOf(byShape.get(shape) ?? []));
}

function groupOf(routes: readonly Route[]): RouteGroup {
  const paths = new Set(routes.map((route) => route.path));
  if (paths.size > 1) throw new Error(`These paths are the same and name their parameters differently: ${[...paths].join(', ')}`);
  const byMethod = new Map<string, Route>();
  for (const route of routes) {
    if (byMethod.has(route.method)) throw new Error(`${route.method} ${route.path} is declared twice.`);
    byMethod.set(route.method, route);
  }
  const get = byMethod.get('GET');
  const methods = new Set([...byMethod.keys(), ...(get ? ['HEAD'] : []), 'OPTIONS']);
  if (get !== undefined && !byMethod.has('HEAD')) byMethod.set('HEAD', get);
  return { pattern: patternOf(routes[0]?.path ?? '/'), byMethod, allow: [...methods].sort().join(', ') };
}

/** `/a/{b}/c/{rest+}` → `/a/:b/c/*rest` */
function patternOf(path: string): string {
  return path.replaceAll(/\{(\w+)(\+?)\}/g, (_, name: string, rest: string) => `${rest ? '*' : ':'}${name}`);
}

function bySpecificity(left: string, right: string): number {
  const rights = right.split('/');
  const lefts = left.split('/');
  for (let at = 0; at < Math.max(lefts.length, rights.length); at += 1) {
    const difference = rank(lefts[at]) - rank(rights[at]);
    if (difference !== 0) return difference;
  }
  return left < right ? -1 : 1;
}

function rank(segment: string | undefined): number {
  if (segment === undefined) return 3;
  return segment === '{+}' ? 2 : segment === '{}' ? 1 : 0;
}
