import { type ICustomPartitioner, type Message, Partitioners } from 'kafkajs';

/** Chooses like Java's client (murmur2 of the key; keyless records in turn), and remembers what it chose. */
export interface PinnedPartitioner {
  readonly createPartitioner: ICustomPartitioner;
  /** The partition that a message was given, or undefined before the first try. */
  partitionOf(message: Message): number | undefined;
  /** Lets every later try of kafkajs fail, so that its retries end. */
  abandon(): void;
}

/**
 * kafkajs partitions anew on every retry, so a keyless record may go elsewhere than on the first try while the sequence numbers stay;
 * the broker would then take a later record for a repeat, acknowledge and drop it. Here a message keeps its first partition.
 */
export function createPinnedPartitioner(): PinnedPartitioner {
  const chosen = new WeakMap<Message, number>();
  let isAbandoned = false;
  return {
    createPartitioner: () => {
      const choose = Partitioners.DefaultPartitioner();
      return (candidate) => {
        if (isAbandoned) throw Object.assign(new Error('producer was replaced'), { retriable: false });
        const partition = chosen.get(candidate.message) ?? choose(candidate);
        chosen.set(candidate.message, partition);
        return partition;
      };
    },
    partitionOf: (message) => chosen.get(message),
    abandon: () => {
      isAbandoned = true;
    },
  };
}
