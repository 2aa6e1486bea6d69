/** What a query reads: the metrics by name with the labels their selectors name, and the labels it groups or joins by. */
export interface QueryParts {
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  readonly groupedBy: readonly string[];
}

const OPERATORS = new Set(['and', 'or', 'unless', 'bool']);
const GROUPING = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;

/** Takes a PromQL query apart, as far as dashboards use the language. */
export function queryParts(expr: string): QueryParts {
  const withoutTexts = expr.replaceAll(/"[^"]*"/g, '""').replaceAll(/\[[^\]]*\]|\boffset\s+\w+/g, '');
  const groupedBy = [...withoutTexts.matchAll(GROUPING)].flatMap(([, labels = '']) => namesIn(labels));
  const selectors = withoutTexts.replaceAll(GROUPING, '');
  const metrics = [...selectors.matchAll(/([a-z_][a-z0-9_]*)\s*(?:\{([^}]*)\}|(\())?/gi)]
    .filter(([, name = '', , call]) => call === undefined && !OPERATORS.has(name))
    .map(([, name = '', matchers = '']) => ({ name, labels: namesIn(matchers.replaceAll(/[=!~]+""/g, '')) }));
  return { metrics, groupedBy };
}

function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
