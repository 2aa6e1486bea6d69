type HeaderValue = string | Buffer;
/** As stored: text stays readable; bytes that JSON text cannot hold are base64. */
type StoredValue = string | { readonly base64: string };

/** Headers as they may come: of a new record (`string`), or of one that was read (`Buffer`, names may repeat). */
export type Headers = Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>;
export type StoredHeaders = Readonly<Record<string, StoredValue | readonly StoredValue[]>>;

/** Headers as JSON, without losing a byte. */
export function toStoredHeaders(headers: Headers): StoredHeaders {
  return mapHeaders<HeaderValue, StoredValue>(headers, store);
}

export function fromStoredHeaders(stored: StoredHeaders): Readonly<Record<string, Buffer | readonly Buffer[]>> {
  return mapHeaders<StoredValue, Buffer>(stored, restore);
}

function mapHeaders<From, To>(
  headers: Readonly<Record<string, From | readonly From[]>>,
  map: (value: From) => To,
): Record<string, To | To[]> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(map) : map(value as From),
  ]);
  return Object.fromEntries(entries) as Record<string, To | To[]>;
}

function store(value: HeaderValue): StoredValue {
  const bytes = Buffer.from(value as string);
  const text = bytes.toString('utf8');
  // jsonb refuses NUL.
  const isText = !text.includes('\0') && Buffer.from(text, 'utf8').equals(bytes);
  return isText ? text : { base64: bytes.toString('base64') };
}

function restore(value: StoredValue): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value.base64, 'base64');
}
