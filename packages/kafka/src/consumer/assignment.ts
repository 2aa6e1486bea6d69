import type { AssignedPartition, RecordScheduler } from '@throughline/messaging';

export type PartitionsByTopic = Readonly<Record<string, readonly number[]>>;

/** A partition of the present assignment. */
export interface OwnedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly work: AssignedPartition;
  /** False until the start offset is known and was found inside the log. */
  isPositioned: boolean;
  isFull: boolean;
  isHalted: boolean;
  /** Milliseconds since the epoch. */
  haltedAtMs: number | undefined;
  /** What kafkajs was last told; undefined after a join. */
  isPaused: boolean | undefined;
  /** Next offset to be written, as the last fetch said. */
  highWatermark: bigint | undefined;
  /** Of a halted partition: where the group stood. */
  putBack: bigint | undefined;
  /** Acknowledged by the broker, or read at the start. */
  committed: bigint | undefined;
}

/** Which partitions are ours, from one join of the group to the next. */
export class Assignment {
  readonly #scheduler: RecordScheduler;
  #owned = new Map<string, OwnedPartition>();
  #all: readonly OwnedPartition[] = [];

  constructor(scheduler: RecordScheduler) {
    this.#scheduler = scheduler;
  }

  /** Keeps what is still ours, with its queue and its offsets; drops the rest and aborts its work; adds what is new. */
  replace(assigned: PartitionsByTopic): void {
    const next = new Map<string, OwnedPartition>();
    for (const [topic, partitions] of Object.entries(assigned)) {
      for (const partition of partitions) {
        const key = keyOf(topic, partition);
        next.set(key, this.#owned.get(key) ?? this.#add(topic, partition));
      }
    }
    for (const [key, dropped] of this.#owned) if (!next.has(key)) dropped.work.revoke();
    this.#owned = next;
    this.#all = [...next.values()];
  }

  clear(): void {
    this.replace({});
  }

  get(topic: string, partition: number): OwnedPartition | undefined {
    return this.#owned.get(keyOf(topic, partition));
  }

  all(): readonly OwnedPartition[] {
    return this.#all;
  }

  byTopic(): Record<string, number[]> {
    const topics: Record<string, number[]> = {};
    for (const { topic, partition } of this.#owned.values()) {
      const partitions = topics[topic] ?? [];
      partitions.push(partition);
      topics[topic] = partitions;
    }
    return topics;
  }

  #add(topic: string, partition: number): OwnedPartition {
    return {
      topic,
      partition,
      work: this.#scheduler.assign(topic, partition),
      isPositioned: false,
      isFull: false,
      isHalted: false,
      haltedAtMs: undefined,
      isPaused: undefined,
      highWatermark: undefined,
      committed: undefined,
      putBack: undefined,
    };
  }
}

/** Fetching of the partition must rest. */
export function isToBePaused(owned: OwnedPartition): boolean {
  return !owned.isPositioned || owned.isHalted || owned.isFull || owned.work.isHeld;
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
