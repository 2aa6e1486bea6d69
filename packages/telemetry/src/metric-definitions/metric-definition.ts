/** What a metric is made from. */
export interface MetricDefinition<Label extends string = string> {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds, of histograms only. */
  readonly buckets?: readonly number[];
}
