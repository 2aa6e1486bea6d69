/** Passes lines on, but one that comes again and again only now and then. */
export interface RepeatedLines {
  write(line: string): void;
  /** Writes the counts still held back and ends its timers. */
  close(): void;
}

/** Writes a line at once; those equal to it in the next `intervalMs` (default 5 000) become one line with their count. */
export function limitRepeatedLines(write: (line: string) => void, intervalMs = 5_000): RepeatedLines {
  const held = new Map<string, { count: number; readonly timer: NodeJS.Timeout }>();
  const writeCount = (line: string, count: number) => {
    if (count > 0) write(count === 1 ? line : `${line} (${count} times)`);
  };
  const endInterval = (line: string) => {
    const count = held.get(line)?.count ?? 0;
    held.delete(line);
    if (count === 0) return;
    writeCount(line, count);
    hold(line);
  };
  const hold = (line: string) => held.set(line, { count: 0, timer: setTimeout(endInterval, intervalMs, line).unref() });
  return {
    write(line) {
      const repeated = held.get(line);
      if (repeated !== undefined) {
        repeated.count += 1;
        return;
      }
      write(line);
      hold(line);
    },
    close() {
      for (const [line, { count, timer }] of held) {
        clearTimeout(timer);
        writeCount(line, count);
      }
      held.clear();
    },
  };
}
