/**
 * A text for logs, headers and rows: the credentials of addresses (`postgres://user:password@host`, as messages of drivers have them) and bearer tokens are
 * replaced by `[redacted]`.
 */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/(\w+:\/\/)[^\s/@]+@/g, '$1[redacted]@').replaceAll(/\b(bearer)\s+[\w.~+/=-]+/gi, '$1 [redacted]');
}
