import { join } from 'node:path';
import { findJava } from '../../../stack/java.ts';
import { missingForKafka } from '../../../stack/kafka.ts';
import { kafkaJars } from '../../../stack/kafka-jars.ts';
import { runCommand } from '../../../stack/run-command.ts';
import type { BenchContext } from '../bench-context.ts';
import type { RunResult } from '../measurement.ts';

const RECORD_BYTES = 482;

/** Kafka's own perf tools. */
export interface KafkaPerf {
  produce(topic: string, events: number): Promise<RunResult>;
  consume(topic: string, events: number): Promise<RunResult>;
}

/** From the jars the stack uses; undefined, and said, where Java or the jars are not there. */
export async function openKafkaPerf(context: BenchContext): Promise<KafkaPerf | undefined> {
  const { brokers, signal, say } = context;
  const missing = await missingForKafka();
  if (missing.length > 0) {
    say(`no ${missing.map(({ program }) => program).join(', no ')}: the limits of Kafka's own perf tools are absent`);
    return undefined;
  }
  const progress = (name: string, text: string) => say(`  ${name.padEnd(16)} ${text}`);
  const java = await findJava(progress, signal);
  const jars = await kafkaJars({ java, progress, signal });
  const run = (tool: string, args: readonly string[]) => {
    const options = [
      '-Xmx256m',
      '-cp',
      join(jars, '*'),
      `org.apache.kafka.tools.${tool}`,
      '--bootstrap-server',
      brokers,
      ...args,
    ];
    return runCommand({ command: java, args: options, signal });
  };
  return {
    produce: async (topic, events) => {
      const size = ['--record-size', String(RECORD_BYTES), '--num-records', String(events), '--throughput', '-1'];
      const output = await run('ProducerPerformance', ['--topic', topic, ...size, '--command-property', 'acks=all']);
      return { eventsPerSecond: numberIn(output, /([\d.]+) records\/sec/g), faults: [] };
    },
    consume: async (topic, events) => {
      const output = await run('ConsumerPerformance', ['--topic', topic, '--num-records', String(events), '--hide-header']);
      // start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s: the last leaves the joining out, as ours does.
      const fields = (
        output
          .trim()
          .split('\n')
          .findLast((line) => line.split(',').length >= 10) ?? ''
      ).split(',');
      const rate = Number(fields[9]);
      if (!(rate > 0)) throw new Error(`ConsumerPerformance said nothing of its rate:\n${output}`);
      return { eventsPerSecond: rate, faults: [] };
    },
  };
}

/** The last match: the tool's summary comes after its intermediate lines. */
function numberIn(output: string, pattern: RegExp): number {
  const last = [...output.matchAll(pattern)].at(-1)?.[1];
  if (last === undefined) throw new Error(`ProducerPerformance said nothing of its rate:\n${output}`);
  return Number(last);
}
