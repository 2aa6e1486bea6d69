import type { PrometheusClient, Sample } from './prometheus-client.ts';

/** How far back is looked for data. */
export interface Window {
  /** In Prometheus' words, such as `5m`. */
  readonly length: string;
  /** How often the query is evaluated in it. */
  readonly step: string;
}

/** The highest value that each series of a query had in the window; a quotient of nothing by nothing is no value. */
export async function highestValues(
  client: PrometheusClient,
  expr: string,
  { length, step }: Window,
): Promise<readonly Sample[]> {
  const samples = await client.query(`max_over_time((${expr})[${length}:${step}])`);
  return samples.filter(({ value }) => !Number.isNaN(value));
}
