export interface ChunkSizeOptions {
  /** Never more events than this in one transaction. */
  readonly maxEvents: number;
  /** How long a transaction may take, milliseconds. (Default: 300) */
  readonly targetMs?: number;
}

/** How many events go into one transaction. */
export interface ChunkSize {
  readonly current: number;
  /** A transaction with so many events took so long. */
  took(events: number, durationMs: number): void;
  /** A transaction was in conflict with another: smaller ones meet less often. */
  conflicted(): void;
}

const FIRST_SIZE = 32;
// With 100 ms as target an overloaded machine shrank chunks to 20 events, whose fixed costs loaded it more.

/** Doubles while full chunks take less than half of the target, halves when one takes longer than it. */
export function createChunkSize({ maxEvents, targetMs = 300 }: ChunkSizeOptions): ChunkSize {
  let current = Math.min(FIRST_SIZE, maxEvents);
  const halve = (from: number) => {
    current = Math.max(1, Math.floor(from / 2));
  };
  return {
    get current() {
      return current;
    },
    took: (events, durationMs) => {
      if (durationMs > targetMs) halve(Math.min(current, events));
      else if (events >= current && durationMs <= targetMs / 2) current = Math.min(maxEvents, current * 2);
    },
    conflicted: () => halve(current),
  };
}
