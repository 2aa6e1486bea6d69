import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Keeps private keys unreadable in the database and in its backups. */
export interface KeyCipher {
  /** `context` is authenticated, not stored: what was sealed for one key cannot be opened as another's. */
  seal(text: string, context: string): Buffer;
  /** @throws {Error} when the secret or the context is another one, or the bytes were changed. */
  open(sealed: Buffer, context: string): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MIN_SECRET_LENGTH = 32;

/**
 * AES-256-GCM under a key derived from `secret` (HKDF, RFC 5869); layout: nonce, tag, ciphertext.
 * @param secret at least 32 characters, better 32 random bytes in base64; the value of KEY_ENCRYPTION_SECRET.
 * @throws {Error} when it is shorter.
 */
export function createKeyCipher(secret: string): KeyCipher {
  if (secret.length < MIN_SECRET_LENGTH)
    throw new Error(`KEY_ENCRYPTION_SECRET must have at least ${MIN_SECRET_LENGTH} characters`);
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'throughline signing keys', 32));
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    },
    open(sealed, context) {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
    },
  };
}
