import { Problem } from '@throughline/http';
import type { RateLimiter } from '@throughline/redis';
import { REGISTRATIONS_PER_ADDRESS } from '../domain/login-limits.ts';

/** Bounds how many accounts one client makes. */
export interface RegistrationLimiter {
  /** @throws {Problem} 429 `too_many_registrations` */
  count(address: string): Promise<void>;
}

export function createRegistrationLimiter({ rateLimiter }: { rateLimiter: RateLimiter }): RegistrationLimiter {
  return {
    async count(address) {
      const state = await rateLimiter.consume({ key: `register:address:${address}`, ...REGISTRATIONS_PER_ADDRESS });
      if (state.isAllowed) return;
      throw new Problem({
        kind: 'too-many-requests',
        code: 'too_many_registrations',
        detail: `At most ${REGISTRATIONS_PER_ADDRESS.limit} accounts a minute can be made from one address.`,
        headers: { 'retry-after': String(Math.max(1, Math.ceil(state.retryAfterMs / 1000))) },
      });
    },
  };
}
