// Field values travel as ISO 8859-1 at best (RFC 9110 §5.5), so text in headers is percent-encoded UTF-8 and the rest is printable ASCII.
const PRINTABLE_ASCII = /^[\x20-\x7e\t]*$/;

/** Decodes percent-encoded UTF-8 of a header; undefined when it is not that. */
export function decodeHeaderText(value: string): string | undefined {
  if (!PRINTABLE_ASCII.test(value)) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/** Decodes a comma list whose items are percent-encoded, so that an item may not smuggle in a separator; undefined when an item cannot be decoded. */
export function decodeHeaderList(value: string): string[] | undefined {
  const items = value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map(decodeHeaderText);
  return items.every((item) => item !== undefined) ? items : undefined;
}
