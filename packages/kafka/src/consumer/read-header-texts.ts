import { isAscii } from 'node:buffer';
import type { HeaderTexts } from '@throughline/events';
import type { ByteReader } from './byte-reader.ts';

/** As with the headers' bytes: a name is compared with the one that stood at its place before. */
const LAST_NAMES: string[] = [];
const MAX_KNOWN_NAMES = 64;

/**
 * The headers as parts of one text, instead of a buffer, and then a text, of each. Undefined where that would not be the same: bytes that are not ASCII (a length above 63 is one),
 * names that repeat.
 */
export function readHeaderTexts(reader: ByteReader, end: number): HeaderTexts | undefined {
  const { bytes, at: start } = reader;
  if (!isAscii(bytes.subarray(start, end))) return undefined;
  const text = bytes.toString('latin1', start, end);
  const texts: Record<string, string> = {};
  const count = reader.varint();
  for (let place = 0; place < count; place += 1) {
    const nameLength = reader.varint();
    const name = nameAt(text, reader.at - start, { length: nameLength, place });
    reader.skip(nameLength);
    const length = reader.varint();
    const from = reader.at - start;
    reader.skip(length);
    if (length < 0) continue;
    if (name === '__proto__' || Object.hasOwn(texts, name)) return undefined;
    texts[name] = text.slice(from, from + length);
  }
  return texts;
}

function nameAt(text: string, at: number, { length, place }: { length: number; place: number }): string {
  const known = LAST_NAMES[place];
  if (known !== undefined && known.length === length && text.startsWith(known, at)) return known;
  const name = text.slice(at, at + length);
  if (place < MAX_KNOWN_NAMES) LAST_NAMES[place] = name;
  return name;
}
