/** A number of events allowed in a window of time. */
export interface Limit {
  readonly limit: number;
  readonly windowMs: number;
}

const MINUTE_MS = 60_000;

/** Failed logins on one account: bounds how fast one password can be guessed. Successful ones are not counted. */
export const FAILURES_PER_ACCOUNT: Limit = { limit: 10, windowMs: MINUTE_MS };

/** Failed logins from one address: bounds how fast one guess can be tried on many accounts; higher, because many people may share an address. */
export const FAILURES_PER_ADDRESS: Limit = { limit: 30, windowMs: MINUTE_MS };

/** Accounts made from one address; bounds the disk and the hashing that one client can take. */
export const REGISTRATIONS_PER_ADDRESS: Limit = { limit: 120, windowMs: MINUTE_MS };
