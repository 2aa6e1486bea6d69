import { queriesOf, readDashboard } from './dashboard.ts';
import { type Filling, fillIn } from './fill-in.ts';
import { highestValues, type Window } from './highest-values.ts';
import type { PrometheusClient } from './prometheus-client.ts';

export interface EmptyQueriesOptions {
  readonly client: PrometheusClient;
  /** By name. */
  readonly dashboards: readonly string[];
  /** What stands for a dashboard's variables, by its name. */
  readonly filling?: (dashboard: string) => Filling;
  readonly window: Window;
}

/** A query of a dashboard that found nothing. */
export interface EmptyQuery {
  readonly dashboard: string;
  /** Of the panel. */
  readonly title: string;
  /** As it was sent, its variables filled in. */
  readonly expr: string;
}

/** Runs every query of the dashboards and tells those that had no value at any time of the window. @throws {Error} when Prometheus refuses one or does not answer */
export async function emptyQueries({ client, dashboards, filling, window }: EmptyQueriesOptions): Promise<readonly EmptyQuery[]> {
  const empty: EmptyQuery[] = [];
  for (const dashboard of dashboards) {
    const read = readDashboard(dashboard);
    for (const { title, expr } of queriesOf(read)) {
      const filledIn = fillIn(expr, read, filling?.(dashboard));
      if ((await highestValues(client, filledIn, window)).length === 0) empty.push({ dashboard, title, expr: filledIn });
    }
  }
  return empty;
}
