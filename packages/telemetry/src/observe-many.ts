import type { Histogram, LabelValues } from 'prom-client';

/** What prom-client (15.1.3) has in a histogram. */
interface Internals {
  readonly upperBounds: readonly number[];
  readonly hashMap: Readonly<Record<string, Series>>;
}

interface Series {
  readonly labels: Readonly<Record<string, string | number>>;
  /** How many lie in each bucket, by its upper bound; not cumulative, and without those above the last. */
  readonly bucketValues: Record<number, number>;
  sum: number;
  count: number;
}

/**
 * Observes many values of one series. By itself prom-client checks the labels, puts a name together and looks the series up by it for each value.
 *
 * @throws {TypeError} for a value that is not finite, before anything is observed
 */
export function observeMany<Labels extends string>(
  histogram: Histogram<Labels>,
  labels: LabelValues<Labels>,
  values: readonly number[],
): void {
  const [first] = values;
  if (first === undefined) return;
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new TypeError(`Value is not a valid number: ${odd}`);
  // The first makes the series where there was none.
  histogram.observe(labels, first);
  if (values.length > 1) addAll(histogram as unknown as Internals, labels, values);
}

/** All but the first. */
function addAll({ hashMap, upperBounds }: Internals, labels: object, values: readonly number[]): void {
  const series = Object.values(hashMap).find((each) => isOf(each, labels)) as Series;
  const counts = new Uint32Array(upperBounds.length + 1);
  for (let index = 1; index < values.length; index += 1) {
    const value = values[index] as number;
    series.sum += value;
    let bucket = 0;
    while (bucket < upperBounds.length && value > (upperBounds[bucket] as number)) bucket += 1;
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  series.count += values.length - 1;
  upperBounds.forEach((bound, bucket) => {
    series.bucketValues[bound] = (series.bucketValues[bound] ?? 0) + (counts[bucket] as number);
  });
}

function isOf(series: Series, labels: object): boolean {
  const wanted = Object.entries(labels);
  return wanted.length === Object.keys(series.labels).length && wanted.every(([name, value]) => series.labels[name] === value);
}
