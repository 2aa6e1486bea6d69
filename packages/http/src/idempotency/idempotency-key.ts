import type { IncomingMessage } from 'node:http';
import { Problem } from '../problems/problem.ts';

/**
 * The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header): a quoted structured-field string, or the bare text that many clients send.
 * @throws {Problem} 400 `idempotency_key_invalid` unless it has 1–255 printable ASCII characters.
 */
export function idempotencyKeyOf(request: IncomingMessage): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const text = String(header).trim();
  const key = text.startsWith('"') ? unquote(text) : text;
  if (key !== undefined && /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem({
    kind: 'malformed',
    code: 'idempotency_key_invalid',
    detail: 'Idempotency-Key must be a string of 1 to 255 printable ASCII characters, quoted or bare.',
  });
}

/** RFC 8941 §3.3.3: only `\"` and `\\` are escapes. */
function unquote(text: string): string | undefined {
  const match = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text);
  return match?.[1]?.replaceAll(/\\(["\\])/g, '$1');
}
