import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** Headers of one connection and not of the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** What a caller must not say about itself: who it is to other services, and where it comes from. */
const NOT_FROM_OUTSIDE = [
  'x-internal-token',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

const KEPT_FROM_SERVICES = new Set([...HOP_BY_HOP, ...NOT_FROM_OUTSIDE]);
const KEPT_FROM_CLIENTS = new Set(HOP_BY_HOP);

/** A message's headers, each name with all its values in the order in which they came. */
export type DistinctHeaders = NodeJS.Dict<string[]>;

/** Where a request came from. */
export interface Origin {
  readonly clientAddress: string;
  readonly protocol: 'http' | 'https';
}

/**
 * Headers for the service: the message's own, and who sent it. The service believes `x-forwarded-*` because it stands only for what this hop saw.
 * @param headers an object: tracing adds its header to it, which it cannot with a list.
 */
export function toServiceHeaders(headers: DistinctHeaders, origin: Origin): OutgoingHttpHeaders {
  const forwarded = without(headers, KEPT_FROM_SERVICES);
  // Where the body ends is said here alone: with `Connection: content-length` it would go unframed, and be read as the next request.
  const length = headers['content-length']?.[0];
  if (headers['transfer-encoding'] !== undefined) forwarded['transfer-encoding'] = 'chunked';
  else if (length !== undefined) forwarded['content-length'] = length;
  forwarded['x-forwarded-for'] = origin.clientAddress;
  forwarded['x-forwarded-proto'] = origin.protocol;
  const host = headers.host?.[0];
  if (host !== undefined) forwarded['x-forwarded-host'] = host;
  return forwarded;
}

/** Headers for the client: the answer's own. */
export function toClientHeaders(headers: DistinctHeaders): OutgoingHttpHeaders {
  return without(headers, KEPT_FROM_CLIENTS);
}

function without(headers: DistinctHeaders, dropped: ReadonlySet<string>): OutgoingHttpHeaders {
  const named = namedByConnection(headers.connection);
  const kept: OutgoingHttpHeaders = {};
  for (const name in headers) {
    const values = headers[name];
    if (values === undefined || dropped.has(name) || named.has(name)) continue;
    kept[name] = values.length === 1 ? values[0] : values;
  }
  return kept;
}

/** `Connection: close, x-one` makes x-one a header of this connection too. */
function namedByConnection(values: readonly string[] | undefined): ReadonlySet<string> {
  return new Set(values?.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase()));
}

/** Whether a body follows the head (RFC 9112, 6.3). */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
