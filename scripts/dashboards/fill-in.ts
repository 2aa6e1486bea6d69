import type { Dashboard, Variable } from './dashboard.ts';

/** What stands for a dashboard's variables. */
export interface Filling {
  /** In place of `$__rate_interval`: at least four scrapes, as Grafana has it. (Default: 1m) */
  readonly rateInterval?: string;
  /** By the variables' names. (Default: all values, of a variable that has that choice, otherwise what the dashboard opens with) */
  readonly values?: Readonly<Record<string, string>>;
}

/** A query as Grafana would send it. @throws {Error} naming a variable that the dashboard does not have */
export function fillIn(expr: string, { templating }: Pick<Dashboard, 'templating'>, filling: Filling = {}): string {
  const { rateInterval = '1m', values = {} } = filling;
  const known = new Map<string, string>([['__rate_interval', rateInterval]]);
  for (const variable of templating.list) known.set(variable.name, values[variable.name] ?? openingValue(variable));
  return expr.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => {
    const value = known.get(name);
    if (value === undefined) throw new Error(`the dashboard has no variable ${name}: ${expr}`);
    return value;
  });
}

function openingValue({ includeAll, allValue = '.*', current }: Variable): string {
  return includeAll ? allValue : [current.value ?? ''].flat().join('|');
}
