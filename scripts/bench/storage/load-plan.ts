/** What one run of the load generator does. */
export interface LoadPlan {
  readonly host: string;
  readonly port: number;
  readonly method: 'GET' | 'PUT';
  /** `{n}` becomes a number from 0 to `distinct` − 1, the next for each request. */
  readonly pathTemplate: string;
  readonly distinct: number;
  /** Sent as a bearer token. */
  readonly token?: string;
  /** Bytes of the object, sent with PUT and expected from GET. */
  readonly objectBytes: number;
  /** Connections, each with one request under way. */
  readonly connections: number;
  /** Not counted. */
  readonly warmUpMs: number;
  readonly durationMs: number;
}

/** What it saw. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Answers other than success or of another size; the bench fails when there are any. */
  readonly faults: number;
  readonly firstFault: string | undefined;
  /** Processor time the generator itself took, as a share of one core. */
  readonly generatorCpu: number;
}
