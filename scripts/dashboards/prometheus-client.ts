/** One series of an instant query's result. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A Prometheus that can be asked. */
export interface PrometheusClient {
  /** @throws {Error} with what Prometheus says about a query that it does not accept, or when it does not answer within 30 s */
  query(expr: string): Promise<readonly Sample[]>;
}

const TIMEOUT_MS = 30_000;
/** As Prometheus writes what `Number` does not read. */
const INFINITIES: Readonly<Record<string, number>> = { '+Inf': Number.POSITIVE_INFINITY, '-Inf': Number.NEGATIVE_INFINITY };

/** Asks the Prometheus at an address, such as `http://127.0.0.1:9090`. */
export function createPrometheusClient(url: string): PrometheusClient {
  return {
    query: async (expr) => {
      const response = await fetch(`${url}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: expr }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const answer = (await response.json()) as {
        status: string;
        error?: string;
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      if (answer.status !== 'success') throw new Error(`Prometheus refused ${expr}: ${answer.error}`);
      return answer.data.result.map(({ metric, value: [, text] }) => ({
        labels: metric,
        value: INFINITIES[text] ?? Number(text),
      }));
    },
  };
}
