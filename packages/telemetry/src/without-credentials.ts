/**
 * A text for logs, headers and rows: the credentials of addresses (`postgres://user:password@host`, as messages of drivers have them), bearer tokens, and what is called a password
 * or a secret (`password=…`, as in libpq's connection strings, `"clientSecret": "…"`) are replaced by `[redacted]`.
 */
export function withoutCredentials(text: string): string {
  return text
    .replaceAll(/(\w+:\/\/)[^\s/@]+@/g, '$1[redacted]@')
    .replaceAll(/\b(bearer)\s+[\w.~+/=-]+/gi, '$1 [redacted]')
    .replaceAll(
      /((?:password|passwd|secret)(?:=|["']\s*:\s*))("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"'&,;)}]+)/gi,
      '$1[redacted]',
    );
}
