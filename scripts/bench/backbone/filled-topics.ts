import type { BenchContext } from './bench-context.ts';

/** Topics that are filled once and read by every round, each time by another group. */
export type FilledTopics = (events: number, fillerBytes?: number) => Promise<string>;

export function filledTopics({ topics, say }: BenchContext): FilledTopics {
  const filled = new Map<string, Promise<string>>();
  const fill = async (label: string, events: number, fillerBytes: number | undefined) => {
    say(`writing ${events} events into a topic …`);
    const topic = await topics.create(label);
    await topics.fill(topic, events, fillerBytes);
    return topic;
  };
  return (events, fillerBytes) => {
    const label = `events-${events}-${fillerBytes ?? 'object'}`;
    const topic = filled.get(label) ?? fill(label, events, fillerBytes);
    filled.set(label, topic);
    return topic;
  };
}
