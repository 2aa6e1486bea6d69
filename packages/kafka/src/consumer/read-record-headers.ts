import type { RecordHeaders } from '@throughline/events';
import type { ByteReader } from './byte-reader.ts';

interface KnownName {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Records of a topic mostly have the same headers in the same order: a name is compared with the one that stood at its place before making a string of it. */
const LAST_NAMES: KnownName[] = [];
const MAX_KNOWN_NAMES = 64;

/** A header without value is left out; repeated ones come together. */
export function readRecordHeaders(reader: ByteReader): RecordHeaders {
  const headers: Record<string, Buffer | readonly Buffer[]> = {};
  const count = reader.varint();
  for (let place = 0; place < count; place += 1) {
    const name = readName(reader, reader.varint(), place);
    const value = reader.slice(reader.varint());
    if (value === null) continue;
    const former = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (former !== undefined) setHeader(headers, name, Buffer.isBuffer(former) ? [former, value] : [...former, value]);
    else setHeader(headers, name, value);
  }
  return headers;
}

/** Goes over what `readRecordHeaders` would read, so that it cannot fail there. @throws {RangeError} */
export function skipRecordHeaders(reader: ByteReader): void {
  for (let left = reader.varint(); left > 0; left -= 1) {
    reader.skip(reader.varint());
    reader.skip(reader.varint());
  }
}

/** Also for a header `__proto__`, which an assignment would make the prototype of the others. */
export function setHeader(
  headers: Record<string, Buffer | readonly Buffer[]>,
  name: string,
  value: Buffer | readonly Buffer[],
): void {
  if (name !== '__proto__') headers[name] = value;
  else Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
}

function readName(reader: ByteReader, length: number, place: number): string {
  const { bytes, at } = reader;
  reader.at += length;
  const known = LAST_NAMES[place];
  if (known !== undefined && known.bytes.length === length && isAt(bytes, at, known.bytes)) return known.name;
  const name = bytes.toString('utf8', at, at + length);
  if (place < MAX_KNOWN_NAMES) LAST_NAMES[place] = { name, bytes: Buffer.from(name) };
  return name;
}

function isAt(bytes: Buffer, at: number, name: Buffer): boolean {
  for (let index = 0; index < name.length; index += 1) if (bytes[at + index] !== name[index]) return false;
  return true;
}
