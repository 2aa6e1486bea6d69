const LEVELS: Readonly<Record<string, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };
const LONGEST = 240;
/** Lines of a crash's report that add nothing to its first ones; they are all in the log file. */
const STACK_LINE = /^\s*$|^\s+(at |\^)|^Node\.js v/;

/** What of a service's log line belongs on the terminal. */
export interface TerminalLine {
  readonly isImportant: boolean;
  readonly text: string;
}

/**
 * Reads a line of a service's output. JSON log records become one short line; anything else (a crash before the
 * logger was there) is important as it is.
 */
export function readLogLine(line: string): TerminalLine {
  const record = parseRecord(line);
  if (record === undefined) return { isImportant: !STACK_LINE.test(line), text: shorten(line) };
  const level = typeof record.level === 'string' ? (LEVELS[record.level.toLowerCase()] ?? 30) : Number(record.level);
  const name = Object.keys(LEVELS).find((key) => LEVELS[key] === level) ?? String(record.level);
  const cause = errorMessage(record.err) ?? errorMessage(record.error);
  const text = [name.toUpperCase(), record.msg ?? '', cause === undefined ? '' : `(${cause})`];
  return { isImportant: level >= 40, text: shorten(text.filter((part) => part !== '').join(' ')) };
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const record = JSON.parse(line) as Record<string, unknown>;
    return 'level' in record ? record : undefined;
  } catch {
    return undefined;
  }
}

function errorMessage(error: unknown): string | undefined {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return String(error.message);
}

function shorten(text: string): string {
  const oneLine = text.replaceAll(/\s+/g, ' ').trimEnd();
  return oneLine.length > LONGEST ? `${oneLine.slice(0, LONGEST)} …` : oneLine;
}
