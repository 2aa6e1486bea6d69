import { createHash } from 'node:crypto';
import { Problem } from '@throughline/http';
import type { RateLimiter } from '@throughline/redis';
import { FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS, type Limit } from '../domain/login-limits.ts';

/** Whose logins are counted. */
export interface LoginCaller {
  /** Lower case; need not have an account, so that the answer does not tell which addresses do. */
  readonly email: string;
  readonly address: string;
}

/** Slows down guessing. Only failures count: however often somebody logs in rightly, nobody is refused for it. */
export interface LoginLimiter {
  /** @throws {Problem} 429 `too_many_logins` once the failures of the account or of the address are used up. */
  refuseIfExhausted(caller: LoginCaller): Promise<void>;
  countFailure(caller: LoginCaller): Promise<void>;
}

export function createLoginLimiter({ rateLimiter }: { rateLimiter: RateLimiter }): LoginLimiter {
  return {
    async refuseIfExhausted(caller) {
      const states = await Promise.all(countersOf(caller).map((counter) => rateLimiter.peek(counter)));
      const waits = states.filter((state) => !state.isAllowed).map((state) => state.retryAfterMs);
      if (waits.length > 0) throw tooManyLogins(Math.max(...waits));
    },
    async countFailure(caller) {
      await Promise.all(countersOf(caller).map((counter) => rateLimiter.consume(counter)));
    },
  };
}

function countersOf({ email, address }: LoginCaller): readonly (Limit & { key: string })[] {
  return [
    { key: `login:account:${digest(email)}`, ...FAILURES_PER_ACCOUNT },
    { key: `login:address:${address}`, ...FAILURES_PER_ADDRESS },
  ];
}

/** Redis is no place for people's addresses. */
function digest(email: string): string {
  return createHash('sha256').update(email).digest('base64url');
}

function tooManyLogins(retryAfterMs: number): Problem {
  return new Problem({
    kind: 'too-many-requests',
    code: 'too_many_logins',
    detail: `Too many failed logins: ${FAILURES_PER_ACCOUNT.limit} a minute on an account and ${FAILURES_PER_ADDRESS.limit} a minute from an address are allowed.`,
    headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
  });
}
