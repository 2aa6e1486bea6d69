const LAST_CODE_POINT = 0x10ffff;

/**
 * The least text above every text that begins with `prefix`, in code point order (= UTF-8 byte order = collation "C");
 * undefined when there is none. With it a prefix search is a range of the name index.
 */
export function prefixUpperBound(prefix: string): string | undefined {
  const codePoints = Array.from(prefix, (character) => character.codePointAt(0) as number);
  while (codePoints.length > 0) {
    const last = codePoints.pop() as number;
    if (last === LAST_CODE_POINT) continue;
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return String.fromCodePoint(...codePoints, next);
  }
  return undefined;
}
