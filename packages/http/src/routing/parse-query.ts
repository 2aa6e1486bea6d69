import { Problem } from '../problems/problem.ts';

/**
 * A query string's parameters, decoded; a name that came more than once is a list. An empty value counts as not given.
 * @throws {Problem} 400 `query_malformed` when a percent-encoding is broken.
 */
export function parseQuery(url: string): Record<string, string | string[]> {
  const parameters: Record<string, string | string[]> = Object.create(null);
  const queryAt = url.indexOf('?');
  if (queryAt === -1) return parameters;
  for (const pair of url.slice(queryAt + 1).split('&')) {
    const equalsAt = pair.indexOf('=');
    if (equalsAt === -1 || equalsAt === pair.length - 1) continue;
    const name = decode(pair.slice(0, equalsAt));
    const value = decode(pair.slice(equalsAt + 1));
    const present = parameters[name];
    parameters[name] = present === undefined ? value : Array.isArray(present) ? [...present, value] : [present, value];
  }
  return parameters;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new Problem({
      kind: 'malformed',
      code: 'query_malformed',
      detail: 'The query string holds a percent-encoding that is not UTF-8.',
    });
  }
}
