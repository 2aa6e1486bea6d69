import { createHash } from 'node:crypto';

const MAX_INT = 2 ** 31 - 1;
/** The years 1 to 9999, as both sides write them alike. */
const FIRST_INSTANT_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_INSTANT_MS = Date.parse('9999-12-31T23:59:59.999Z');
/** Three parts of a key fit into one entry of an index, which takes 2,704 bytes. */
const MAX_KEY_PART_BYTES = 512;

// What Postgres refuses to hold, and a poison record may well bring.

/** Text without NUL and of at most so many bytes, cut between two characters: for people to read, not to compare. */
export function storableText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text.replaceAll('\0', '\uFFFD'), 'utf8');
  let end = Math.min(bytes.length, maxBytes);
  // 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/** A part of a key: as it is, or its hash when it holds NUL or would not fit into an index; different parts stay different. */
export function storableKeyPart(part: string): string {
  if (!part.includes('\0') && Buffer.byteLength(part) <= MAX_KEY_PART_BYTES) return part;
  return `sha256:${createHash('sha256').update(part).digest('hex')}`;
}

/** The nearest `integer` that is not negative. */
export function storableCount(count: number): number {
  return Number.isNaN(count) ? 0 : Math.min(Math.max(Math.trunc(count), 0), MAX_INT);
}

/** The nearest instant; what is none becomes the epoch. */
export function storableTime(timeMs: number): Date {
  return new Date(Number.isNaN(timeMs) ? 0 : Math.min(Math.max(timeMs, FIRST_INSTANT_MS), LAST_INSTANT_MS));
}
