/**
 * The longest value of each attribute in UTF-8 bytes. The bounds of `id` and `source` keep (group, source, id) below the 2,704 bytes
 * that a PostgreSQL B-tree entry can hold: an identity that cannot be recorded as processed must be refused before a handler runs.
 */
const MAX_BYTES = {
  id: 512,
  source: 512,
  type: 256,
  subject: 2048,
  dataschema: 2048,
  partitionkey: 2048,
  correlationid: 512,
  causationid: 512,
} as const;

export type AttributeName = keyof typeof MAX_BYTES;

// CloudEvents 1.0, type system: strings hold no control characters. It also keeps line breaks out of log lines and header dumps.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are forbidden
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

/** Nearly every id, source and type: nothing further to look for. */
const PLAIN = /^[\w.:/ -]{1,256}$/;

/** Says in words why `value` cannot be the CloudEvents attribute `name`; undefined when it can. */
export function attributeFault(name: AttributeName, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (PLAIN.test(value)) return undefined;
  if (value === '') return 'must not be empty';
  if (!value.isWellFormed()) return 'must be well-formed Unicode';
  if (CONTROL_CHARACTER.test(value)) return 'must not contain control characters';
  if (Buffer.byteLength(value) > MAX_BYTES[name]) return `must not be longer than ${MAX_BYTES[name]} bytes`;
  return undefined;
}
