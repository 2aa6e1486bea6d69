const MAX_NAME_BYTES = 1024;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for (C0, DEL, C1)
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Why `name` may not name an object, or undefined when it may.
 * A name is a key, not a path: slashes are part of it. Dot segments are refused because clients and proxies resolve them, so that two parties would mean different objects.
 */
export function objectNameFault(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (!name.isWellFormed()) return 'must be well-formed Unicode';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `must be at most ${MAX_NAME_BYTES} bytes of UTF-8`;
  if (CONTROL_CHARACTER.test(name)) return 'must not contain control characters';
  if (name.split('/').some((segment) => segment === '.' || segment === '..')) return 'must not contain the segments "." or ".."';
  return undefined;
}
