type HeaderValue = string | Buffer;
/** As stored: text stays readable; bytes that JSON text cannot hold are base64. */
type StoredValue = string | { readonly base64: string };

/** Headers as they may come: of a new record (`string`), or of one that was read (`Buffer`, names may repeat). */
export type Headers = Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>;
export type StoredHeaders = Readonly<Record<string, StoredValue | readonly StoredValue[]>>;

/** Begins the stored form of a name that JSON text cannot hold, or that begins so itself. */
const ENCODED_NAME = 'base64:';

/** Headers as JSON, without losing a byte. */
export function toStoredHeaders(headers: Headers): StoredHeaders {
  return mapHeaders<HeaderValue, StoredValue>(headers, { name: storeName, value: store });
}

export function fromStoredHeaders(stored: StoredHeaders): Readonly<Record<string, Buffer | readonly Buffer[]>> {
  return mapHeaders<StoredValue, Buffer>(stored, { name: restoreName, value: restore });
}

/** As a producer takes them: text as it is, so that mostly nothing is copied. */
export function toSentHeaders(stored: StoredHeaders): Readonly<Record<string, string | Buffer | readonly Buffer[]>> {
  return isPlainText(stored) ? stored : fromStoredHeaders(stored);
}

function isPlainText(stored: StoredHeaders): stored is Readonly<Record<string, string>> {
  for (const name in stored) if (typeof stored[name] !== 'string' || name.startsWith(ENCODED_NAME)) return false;
  return true;
}

function mapHeaders<From, To>(
  headers: Readonly<Record<string, From | readonly From[]>>,
  map: { readonly name: (name: string) => string; readonly value: (value: From) => To },
): Record<string, To | To[]> {
  const entries = Object.entries(headers).map(([name, value]) => [
    map.name(name),
    Array.isArray(value) ? value.map((each) => map.value(each)) : map.value(value as From),
  ]);
  return Object.fromEntries(entries) as Record<string, To | To[]>;
}

function storeName(name: string): string {
  const isPlain = !name.includes('\0') && name.isWellFormed() && !name.startsWith(ENCODED_NAME);
  return isPlain ? name : `${ENCODED_NAME}${Buffer.from(name, 'utf8').toString('base64')}`;
}

function restoreName(stored: string): string {
  if (!stored.startsWith(ENCODED_NAME)) return stored;
  return Buffer.from(stored.slice(ENCODED_NAME.length), 'base64').toString('utf8');
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
