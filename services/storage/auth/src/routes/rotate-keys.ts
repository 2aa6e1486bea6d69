import { defineRoute, Problem, type Route } from '@throughline/http';
import { Type } from 'typebox';
import type { SigningKeys } from '../adapters/signing-keys.ts';
import { MAX_PUBLISHED_KEYS } from '../domain/key-schedule.ts';

const NEW_KEY = Type.Object({
  kid: Type.String(),
  activeFrom: Type.String({ format: 'date-time', description: 'Tokens are signed with the key from then on' }),
});

/** `POST /storage/auth/keys/rotate`, for administrators. */
export function rotateKeysRoute({ keys }: { keys: SigningKeys }): Route {
  return defineRoute({
    method: 'POST',
    path: '/storage/auth/keys/rotate',
    operationId: 'rotateKeys',
    summary: 'Publish a new signing key, to be used once every verifier can know it',
    auth: 'required',
    scopes: ['admin'],
    idempotent: true,
    responses: {
      201: { description: 'The new key; keys before it stay published until their last token has expired', schema: NEW_KEY },
      409: { description: `\`too_many_keys\`: ${MAX_PUBLISHED_KEYS} keys are published` },
    },
    async handler({ requirePrincipal }) {
      requirePrincipal();
      const key = await keys.rotate();
      if (key === undefined) throw tooManyKeys();
      return { status: 201, body: { kid: key.kid, activeFrom: new Date(key.activeFromMs).toISOString() } };
    },
  });
}

function tooManyKeys(): Problem {
  return new Problem({
    kind: 'conflict',
    code: 'too_many_keys',
    detail: `${MAX_PUBLISHED_KEYS} keys are published; one goes when the last token it signed has expired.`,
  });
}
