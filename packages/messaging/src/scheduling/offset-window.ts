/** A record between its fetch and the commit of its offset. */
export interface WindowEntry {
  readonly offset: bigint;
  /** When the record was written, milliseconds since the epoch. */
  readonly timestampMs: number;
  /** What it takes in memory. */
  readonly sizeBytes: number;
  isDone: boolean;
}

/**
 * Records of one assigned partition in offset order. Handlers finish in any order; what may be committed is the offset of the first
 * record that is not done, so that a crash redelivers and never skips. Holes in the log (compaction, control records) need no special case.
 */
export class OffsetWindow<Entry extends WindowEntry> {
  /** Those before the head are let go. */
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  #sizeBytes = 0;
  #unfinished = 0;
  #unfinishedBytes = 0;
  #next: bigint | undefined;
  #hasMoved = false;

  /** The offset to fetch next; undefined until the position is known. */
  get next(): bigint | undefined {
    return this.#next;
  }

  /** Records fetched and not committable: in work, waiting, or done behind one that is not. */
  get size(): number {
    return this.#entries.length - this.#head;
  }

  /** Bytes of these records. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Those of them that are in work or wait. */
  get unfinished(): number {
    return this.#unfinished;
  }

  get unfinishedBytes(): number {
    return this.#unfinishedBytes;
  }

  /** The next offset to commit, or undefined when nothing was fetched since the position was set. */
  get committable(): bigint | undefined {
    return this.#hasMoved ? (this.#entries[this.#head]?.offset ?? this.#next) : undefined;
  }

  /** First offset that is not handled; equal to `committable` once something was fetched. */
  get position(): bigint | undefined {
    return this.#entries[this.#head]?.offset ?? this.#next;
  }

  /** When the first record that is not finished was written. */
  get oldestTimestampMs(): number | undefined {
    return this.#entries[this.#head]?.timestampMs;
  }

  startAt(offset: bigint): void {
    this.#next = offset;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#sizeBytes += entry.sizeBytes;
    this.#unfinished += 1;
    this.#unfinishedBytes += entry.sizeBytes;
    this.advanceTo(entry.offset + 1n);
  }

  /** Says that everything below `offset` was fetched, also where no record of ours was there. */
  advanceTo(offset: bigint): void {
    if (this.#next !== undefined && offset <= this.#next) return;
    this.#next = offset;
    this.#hasMoved = true;
  }

  finish(entry: Entry): void {
    entry.isDone = true;
    this.#unfinished -= 1;
    this.#unfinishedBytes -= entry.sizeBytes;
    if (entry === this.#entries[this.#head]) this.#advance();
  }

  #advance(): void {
    for (let first = this.#entries[this.#head]; first?.isDone; first = this.#entries[this.#head]) {
      this.#sizeBytes -= first.sizeBytes;
      this.#entries[this.#head] = undefined;
      this.#head += 1;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) this.#compact();
  }

  #compact(): void {
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
