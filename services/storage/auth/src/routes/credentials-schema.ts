import { Type } from 'typebox';

/** An address as RFC 5321 bounds it: 254 characters, 64 before the @. */
const EMAIL = Type.String({
  format: 'email',
  maxLength: 254,
  pattern: '^[^@]{1,64}@',
  description: 'an e-mail address with at most 64 characters before the @',
  examples: ['ada@example.com'],
});

/** What an account is made with. */
export const REGISTRATION = Type.Object({
  email: EMAIL,
  password: Type.String({
    minLength: 8,
    maxLength: 128,
    description: '8 to 128 characters, any of them',
    examples: ['correct horse battery'],
  }),
});

/** What a login says: bounded in length only, because what is not an account's is a wrong credential, not a fault of form. */
export const LOGIN = Type.Object({
  email: Type.String({
    minLength: 1,
    maxLength: 254,
    pattern: '^[^\\u0000]*$',
    description: 'text without NUL',
    examples: ['ada@example.com'],
  }),
  password: Type.String({ minLength: 1, maxLength: 128, examples: ['correct horse battery'] }),
});
