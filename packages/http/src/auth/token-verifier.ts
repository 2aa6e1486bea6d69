import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { Problem } from '../problems/problem.ts';
import type { Principal, VerifyToken } from './principal.ts';

export interface TokenVerifierOptions {
  /** Must equal the token's `iss`. */
  readonly issuer: string;
  /** Where the issuer publishes its keys (JWKS). */
  readonly jwksUrl: string;
  /** Must be in the token's `aud`. */
  readonly audience: string;
  /** Verified tokens remembered until they expire; the oldest goes first. (Default: 10 000) */
  readonly maxCachedTokens?: number;
  /** (Default: the system's clock, milliseconds) */
  readonly clock?: () => number;
}

interface Verified {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

/** Tolerated difference between the issuer's clock and ours. */
const CLOCK_TOLERANCE_S = 5;

/**
 * Verifies ES256 access tokens of one issuer. Its keys are fetched when first needed, kept for ten minutes, and fetched anew (at most every 30 s) when a token names one
 * that is not among them. A token once verified costs a look-up until it expires.
 */
export function createTokenVerifier(options: TokenVerifierOptions): VerifyToken {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), { timeoutDuration: 2_000 });
  const clock = options.clock ?? Date.now;
  const verified = new Map<string, Verified>();
  return async (token) => {
    const known = verified.get(token);
    if (known !== undefined) {
      if (known.expiresAtMs > clock()) return known.principal;
      verified.delete(token);
      throw expired();
    }
    const fresh = await verify(token, { ...options, keys, nowMs: clock() });
    if (verified.size >= (options.maxCachedTokens ?? 10_000)) verified.delete(verified.keys().next().value ?? '');
    verified.set(token, fresh);
    return fresh.principal;
  };
}

async function verify(
  token: string,
  options: TokenVerifierOptions & { keys: ReturnType<typeof createRemoteJWKSet>; nowMs: number },
): Promise<Verified> {
  try {
    const { payload } = await jwtVerify(token, options.keys, {
      issuer: options.issuer,
      audience: options.audience,
      algorithms: ['ES256'],
      requiredClaims: ['sub', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(options.nowMs),
    });
    return { principal: principalOf(payload), expiresAtMs: ((payload.exp ?? 0) + CLOCK_TOLERANCE_S) * 1000 };
  } catch (error) {
    throw refusal(error);
  }
}

function principalOf(payload: JWTPayload): Principal {
  const { roles, scope } = payload as { roles?: unknown; scope?: unknown };
  return {
    userId: payload.sub ?? '',
    roles: Array.isArray(roles) ? roles.filter((role): role is string => typeof role === 'string') : [],
    scopes: typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : [],
  };
}

/** Codes of jose that say something about the token; all others say that the keys could not be had. */
const TOKEN_FAULTS: ReadonlySet<string> = new Set([
  errors.JWTInvalid.code,
  errors.JWSInvalid.code,
  errors.JWTClaimValidationFailed.code,
  errors.JWSSignatureVerificationFailed.code,
  errors.JWKSNoMatchingKey.code,
  errors.JWKSMultipleMatchingKeys.code,
  errors.JOSEAlgNotAllowed.code,
  errors.JOSENotSupported.code,
]);

function refusal(error: unknown): Problem {
  if (error instanceof errors.JWTExpired) return expired();
  if (error instanceof errors.JOSEError && TOKEN_FAULTS.has(error.code))
    return invalid('token_invalid', 'The token is not valid.');
  return new Problem({
    kind: 'unavailable',
    code: 'keys_unavailable',
    detail: 'The keys that tokens are checked with cannot be read at the moment.',
    headers: { 'retry-after': '2' },
  });
}

function expired(): Problem {
  return invalid('token_expired', 'The token has expired.');
}

function invalid(code: 'token_invalid' | 'token_expired', detail: string): Problem {
  return new Problem({
    kind: 'unauthenticated',
    code,
    detail,
    headers: { 'www-authenticate': `Bearer realm="throughline", error="invalid_token", error_description="${detail}"` },
  });
}
