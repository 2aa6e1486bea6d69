export type { EnvelopeCodec } from './envelope-codec.ts';
export type { Event } from './event.ts';
export { EVENT_ERROR_CODES, EventError, type EventErrorCode, isEventError } from './event-error.ts';
export type { EventHeaders, RecordHeaders } from './record-headers.ts';
