import { isUtf8 } from 'node:buffer';
import { attributeFault } from './attribute-fault.ts';
import { EventError } from './event-error.ts';
import { ATTRIBUTE_HEADERS, CONTENT_TYPE_HEADER, SPEC_VERSION, SPEC_VERSION_HEADER, TIME_HEADER } from './header-names.ts';
import type { EventHeaders, HeaderTexts, RecordHeaders } from './record-headers.ts';
import { canonicalTime } from './rfc3339.ts';

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

type Headers = RecordHeaders | HeaderTexts;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads what `toHeaders` wrote. Of a repeated header the first value counts; the time comes back in UTC with six digits of fraction.
 * A trace context that is not W3C's is left out instead of refused: a broken trace must not stop an event.
 *
 * @returns undefined when there is no `ce_id`: the record's producer is not ours, its value says who it is
 * @throws {EventError} `HEADERS_INVALID`, not retryable, naming every header that is missing or wrong
 */
export function readHeaders(headers: RecordHeaders | HeaderTexts): EventHeaders | undefined {
  if (firstOf(headers, 'ce_id') === undefined) return undefined;
  const faults: string[] = [];
  const text = (name: string): string | undefined => readText(headers, name, faults);

  const version = text(SPEC_VERSION_HEADER);
  if (version !== SPEC_VERSION) faults.push(`${SPEC_VERSION_HEADER} must be ${SPEC_VERSION}`);
  const read: Mutable<EventHeaders> = { id: '', source: '', type: '', time: readTime(text(TIME_HEADER), faults) };
  for (const { header, attribute, field, isRequired } of ATTRIBUTE_HEADERS) {
    const value = text(header);
    if (value === undefined && !isRequired) continue;
    const fault = value === undefined ? 'is missing' : attributeFault(attribute, value);
    if (fault !== undefined) faults.push(`${header} ${fault}`);
    else if (value !== undefined) read[field] = value;
  }
  const contentType = text(CONTENT_TYPE_HEADER);
  if (contentType !== undefined) read.contentType = contentType;
  if (faults.length > 0) throw new EventError('HEADERS_INVALID', `Headers are not those of an event: ${faults.join('; ')}`);
  const { traceparent, tracestate } = traceContext(headers);
  if (traceparent !== undefined) read.traceparent = traceparent;
  if (tracestate !== undefined) read.tracestate = tracestate;
  return read;
}

function firstOf(headers: Headers, name: string): Buffer | string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'string' || Buffer.isBuffer(value) ? value : value?.[0];
}

function readText(headers: Headers, name: string, faults: string[]): string | undefined {
  const bytes = firstOf(headers, name);
  if (bytes === undefined || typeof bytes === 'string') return bytes;
  if (!isUtf8(bytes)) faults.push(`${name} must be UTF-8`);
  return bytes.toString('utf8');
}

function readTime(text: string | undefined, faults: string[]): string {
  if (text === undefined) {
    faults.push(`${TIME_HEADER} is missing`);
    return '';
  }
  const time = canonicalTime(text);
  if (time === undefined) faults.push(`${TIME_HEADER} must be an RFC 3339 date-time`);
  return time ?? '';
}

function traceContext(headers: Headers): { traceparent?: string; tracestate?: string } {
  const traceparent = firstOf(headers, 'traceparent')?.toString('latin1');
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return {};
  const tracestate = firstOf(headers, 'tracestate')?.toString('utf8');
  return tracestate === undefined || tracestate === '' ? { traceparent } : { traceparent, tracestate };
}
