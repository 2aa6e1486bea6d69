import type { BenchContext } from '../bench-context.ts';
import { filledTopics } from '../filled-topics.ts';
import type { KafkaPerf } from '../limits/kafka-perf.ts';
import type { Comparison } from '../measurement.ts';
import { consumeOnce } from './consume-once.ts';
import { backlogs, eventSizes, heldXmin } from './growth.ts';
import { latency } from './latency.ts';
import { manyConsumers } from './many-consumers.ts';
import { consume, produce } from './plain.ts';
import { relay, relayOfMillion } from './relay.ts';

/** What the bench measures, in its order; the last ones, which take long, not in a quick run. */
export function allComparisons(context: BenchContext, perf: KafkaPerf | undefined): Comparison[] {
  const filled = filledTopics(context);
  const short = [
    consumeOnce(context, filled),
    relay(context),
    consume(context, filled, perf),
    produce(context, perf),
    latency(context),
  ];
  if (context.isQuick) return short;
  const long = [
    relayOfMillion(context),
    backlogs(context),
    heldXmin(context),
    ...eventSizes(context, filled),
    manyConsumers(context, filled),
  ];
  return [...short, ...long];
}
