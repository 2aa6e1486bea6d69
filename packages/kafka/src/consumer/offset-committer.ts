import type { Logger } from '@throughline/telemetry';
import type { OffsetsByTopicPartition } from 'kafkajs';
import type { Assignment, OwnedPartition } from './assignment.ts';

export type Commit = (offsets: OffsetsByTopicPartition) => Promise<void>;

export interface OffsetCommitterOptions {
  readonly assignment: Assignment;
  readonly intervalMs: number;
  readonly logger: Logger;
}

/**
 * Commits explicit lists of offsets on a timer, one commit at a time. A failed commit is not repeated by itself: the next round
 * carries the then present offsets, and a rebalance makes the old ones worthless.
 */
export class OffsetCommitter {
  readonly #options: OffsetCommitterOptions;
  #commit: Commit | undefined;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OffsetCommitterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.commitNow(), this.#options.intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The present consumer's commit; undefined while there is none. It is kafkajs' untried one: its other entry retries across generations. */
  use(commit: Commit | undefined): void {
    this.#commit = commit;
  }

  /** Never rejects. While a commit is under way nothing is added to it: resolves when that one is answered. */
  commitNow(): Promise<void> {
    this.#running ??= this.#send().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** What is done at this moment is committed when this resolves, if the broker answers. */
  async flush(): Promise<void> {
    await this.#running;
    await this.commitNow();
  }

  async #send(): Promise<void> {
    const commit = this.#commit;
    const due = this.#options.assignment.all().flatMap(dueOffset);
    if (commit === undefined || due.length === 0) return;
    try {
      await commit(toRequest(due));
      for (const { owned, offset } of due) owned.committed = offset;
    } catch (error) {
      this.#options.logger.debug(
        { err: error, partitions: due.length },
        'Offsets not committed; the next round or the next owner repeats them',
      );
    }
  }
}

interface DueOffset {
  readonly owned: OwnedPartition;
  readonly offset: bigint;
}

function dueOffset(owned: OwnedPartition): DueOffset[] {
  const offset = owned.isHalted ? owned.putBack : owned.work.window.committable;
  return offset === undefined || offset === owned.committed ? [] : [{ owned, offset }];
}

function toRequest(due: readonly DueOffset[]): OffsetsByTopicPartition {
  const topics = new Map<string, { partition: number; offset: string }[]>();
  for (const { owned, offset } of due) {
    const partitions = topics.get(owned.topic) ?? [];
    partitions.push({ partition: owned.partition, offset: offset.toString() });
    topics.set(owned.topic, partitions);
  }
  return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) };
}
