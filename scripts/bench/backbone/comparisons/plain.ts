import { type BenchContext, expectNumber, runOnce } from '../bench-context.ts';
import type { FilledTopics } from '../filled-topics.ts';
import type { KafkaPerf } from '../limits/kafka-perf.ts';
import type { Comparison, Variant } from '../measurement.ts';

/** A second or two: V8 compiles what runs often in several steps, and until then either side costs up to a third more. */
const WARM_UP_EVENTS = 30_000;

/** Reading and parsing, nothing else. */
export function consume(context: BenchContext, filled: FilledTopics, perf: KafkaPerf | undefined): Comparison {
  const totalEvents = context.isQuick ? 80_000 : 200_000;
  const plan = { warmUpEvents: WARM_UP_EVENTS, totalEvents };
  const ours = (program: string, name: string): Variant => ({
    name,
    run: () => runOnce(context, { program, plan, topic: () => filled(totalEvents), check: async () => [] }),
  });
  return {
    name: 'consume',
    variants: [
      ours('hand-written-consume', 'hand-written'),
      ours('throughline-consume', 'throughline'),
      ...(perf === undefined
        ? []
        : [{ name: 'kafka-consumer-perf', run: async () => perf.consume(await filled(totalEvents), totalEvents) }]),
    ],
    ratios: ratiosOf('consume', perf === undefined ? [] : ['kafka-consumer-perf']),
  };
}

/** Events into a topic, acks from all in-sync replicas, without an outbox. */
export function produce(context: BenchContext, perf: KafkaPerf | undefined): Comparison {
  const totalEvents = context.isQuick ? 70_000 : 160_000;
  const sizes = { warmUpEvents: WARM_UP_EVENTS, totalEvents };
  return {
    name: 'produce',
    variants: [
      produceVariant(context, { program: 'hand-written-produce', name: 'hand-written', ...sizes }),
      produceVariant(context, { program: 'throughline-produce', name: 'throughline', ...sizes }),
      ...(perf === undefined ? [] : [perfVariant(context, perf, totalEvents)]),
    ],
    ratios: ratiosOf('produce', perf === undefined ? [] : ['kafka-producer-perf']),
  };
}

/** One program that writes into a topic of its own. */
export function produceVariant(
  context: BenchContext,
  options: { program: string; name: string; warmUpEvents: number; totalEvents: number; fillerBytes?: number },
): Variant {
  const { program, name, ...sizes } = options;
  return {
    name,
    run: () =>
      runOnce(context, {
        program,
        plan: sizes,
        topic: (group) => context.topics.create(`${group}.produced`),
        check: async (_database, topic) => expectNumber('records', await context.topics.count(topic), sizes.totalEvents),
      }),
  };
}

function perfVariant({ topics }: BenchContext, perf: KafkaPerf, events: number): Variant {
  return {
    name: 'kafka-producer-perf',
    run: async () => {
      const topic = await topics.create(`perf-${crypto.randomUUID()}`);
      const result = await perf.produce(topic, events);
      await topics.deleteAll(topic);
      return result;
    },
  };
}

function ratiosOf(workload: string, limits: readonly string[]) {
  return ['hand-written', ...limits].map((against) => ({ workload, of: 'throughline', against }));
}
