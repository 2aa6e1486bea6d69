import type { RecordHeaders } from './record-headers.ts';

/** The bytes of a header; of a repeated one the first. Undefined when it is absent. */
function headerBytes(headers: RecordHeaders, name: string): Buffer | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Buffer.isBuffer(value) ? value : (value?.[0] ?? undefined);
}

/**
 * A header as UTF-8 text; of a repeated one the first. Undefined when it is absent.
 * Bytes that are not UTF-8 become U+FFFD: it reads headers of any origin and never throws.
 *
 * @example headerText(record.headers, 'dlq-reason')
 */
export function headerText(headers: RecordHeaders, name: string): string | undefined {
  return headerBytes(headers, name)?.toString('utf8');
}
