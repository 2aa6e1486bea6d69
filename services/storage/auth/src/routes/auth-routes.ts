import type { Route } from '@throughline/http';
import { currentAccountRoute } from './current-account.ts';
import { keySetRoute } from './key-set.ts';
import { type LoginOptions, loginRoute } from './login.ts';
import { type RegisterOptions, registerRoute } from './register.ts';
import { rotateKeysRoute } from './rotate-keys.ts';

export interface AuthRoutesOptions extends Omit<LoginOptions, 'limiter'>, Omit<RegisterOptions, 'limiter'> {
  readonly loginLimiter: LoginOptions['limiter'];
  readonly registrationLimiter: RegisterOptions['limiter'];
  readonly keys: Parameters<typeof keySetRoute>[0]['keys'];
  /** How long verifiers may keep the key set, milliseconds. */
  readonly jwksMaxAgeMs: number;
}

/** Everything the auth service answers. */
export function authRoutes(options: AuthRoutesOptions): readonly Route[] {
  return [
    registerRoute({ ...options, limiter: options.registrationLimiter }),
    loginRoute({ ...options, limiter: options.loginLimiter }),
    currentAccountRoute(options),
    keySetRoute({ keys: options.keys, maxAgeMs: options.jwksMaxAgeMs }),
    rotateKeysRoute(options),
  ];
}
