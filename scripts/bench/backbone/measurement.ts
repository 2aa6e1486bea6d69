/** What one run of a variant gave. */
export interface RunResult {
  readonly eventsPerSecond: number;
  /** Of the client's processes; absent for programs that are not ours to ask. */
  readonly cpuUsPerEvent?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Why it does not count; empty when it does. */
  readonly faults: readonly string[];
}

/** A run that counts, or the last of three that do not. */
export interface Measurement extends RunResult {
  readonly round: number;
  readonly comparison: string;
  readonly variant: string;
  /** Runs before this one that did not count. */
  readonly repeats: number;
}

/** One side of a comparison. */
export interface Variant {
  readonly name: string;
  run(): Promise<RunResult>;
}

export type Quantity = 'eventsPerSecond' | 'cpuUsPerEvent' | 'p50Ms' | 'p99Ms';

/** A `ratio` line: how many times better `of` is than `against`, in the same round. */
export interface RatioSpec {
  /** Name of the line, such as `consume-once-each`. */
  readonly workload: string;
  readonly against: string;
  /** Variant whose figure is compared with the one of the variant `against`. */
  readonly of: string;
  /** (Default: eventsPerSecond) */
  readonly quantity?: 'eventsPerSecond' | 'p50Ms' | 'p99Ms';
}

/** What is measured side by side. */
export interface Comparison {
  readonly name: string;
  readonly variants: readonly Variant[];
  readonly ratios: readonly RatioSpec[];
  /** Rounds, where one says what there is to say. (Default: those of the bench) */
  readonly rounds?: number;
}
