import { type ICustomPartitioner, type PartitionerArgs, Partitioners } from 'kafkajs';
import { murmur2 } from './murmur2.ts';

/** Chooses like Java's client (murmur2 of the key; keyless records in turn), and writes what it chose into the message. */
export interface PinnedPartitioner {
  readonly createPartitioner: ICustomPartitioner;
  /** Lets every later try of kafkajs fail, so that its retries end. */
  abandon(): void;
}

/**
 * kafkajs partitions anew on every retry, so a keyless record may go elsewhere than on the first try while the sequence numbers stay;
 * the broker would then take a later record for a repeat, acknowledge and drop it. Here a message keeps its first partition.
 */
export function createPinnedPartitioner(): PinnedPartitioner {
  let isAbandoned = false;
  return {
    createPartitioner: () => {
      const choose = Partitioners.DefaultPartitioner();
      return (candidate) => {
        if (isAbandoned) throw Object.assign(new Error('producer was replaced'), { retriable: false });
        const partition = candidate.message.partition ?? byKey(candidate) ?? choose(candidate);
        candidate.message.partition = partition;
        return partition;
      };
    },
    abandon: () => {
      isAbandoned = true;
    },
  };
}

/** As kafkajs does, which needs 2 µs for it: its integers are BigInts. */
function byKey({ message: { key }, partitionMetadata }: PartitionerArgs): number | undefined {
  if (key === null || key === undefined) return undefined;
  return (murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fffffff) % partitionMetadata.length;
}
