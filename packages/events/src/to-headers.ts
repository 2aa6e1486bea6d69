import { attributeFault } from './attribute-fault.ts';
import type { Event } from './event.ts';
import { EventError } from './event-error.ts';
import { ATTRIBUTE_HEADERS, CONTENT_TYPE_HEADER, SPEC_VERSION, SPEC_VERSION_HEADER, TIME_HEADER } from './header-names.ts';
import { canonicalTime } from './rfc3339.ts';

/** What travels in the headers beside the event's own attributes. */
export interface HeaderOptions {
  /** Media type of the record's value, e.g. `application/json`. */
  readonly contentType: string;
  /** W3C trace context at the event's birth. (Default: none, the headers are left out) */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/**
 * The Kafka headers of an event: CloudEvents 1.0 attributes in binary mode, content type, trace context.
 * `readHeaders` gives the same attributes back; the time is written in UTC with six digits of fraction.
 *
 * @throws {EventError} `HEADERS_INVALID` naming the header, when an attribute cannot be written (empty, control characters, too long, time not RFC 3339)
 * @example toHeaders(event, { contentType: s3Codec.contentType, ...currentTraceHeaders() })
 */
export function toHeaders(event: Event, { contentType, traceparent, tracestate }: HeaderOptions): Record<string, string> {
  const headers: Record<string, string> = { [SPEC_VERSION_HEADER]: SPEC_VERSION, [CONTENT_TYPE_HEADER]: contentType };
  for (const { header, attribute, field, isRequired } of ATTRIBUTE_HEADERS) {
    const value = event[field];
    if (value === undefined && !isRequired) continue;
    const fault = attributeFault(attribute, value);
    if (fault !== undefined) throw new EventError('HEADERS_INVALID', `Header ${header} ${fault}`);
    headers[header] = String(value);
  }
  const time = canonicalTime(event.time);
  if (time === undefined) throw new EventError('HEADERS_INVALID', `Header ${TIME_HEADER} must be an RFC 3339 date-time`);
  headers[TIME_HEADER] = time;
  if (traceparent !== undefined) headers.traceparent = traceparent;
  if (traceparent !== undefined && tracestate !== undefined && tracestate !== '') headers.tracestate = tracestate;
  return headers;
}
