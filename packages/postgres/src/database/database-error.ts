import { isNativeError } from 'node:util/types';
import { EventError, isEventError } from '@throughline/events';

/** Two transactions were in each other's way; one of a handler that always is must not pass for an outage. */
const CONFLICT_STATES = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available: lock_timeout
]);

/** Conditions of the server that say nothing against the statement: https://www.postgresql.org/docs/17/errcodes-appendix.html */
const AWAY_STATES = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read_only_sql_transaction: the connection ended up on a standby
]);
/** Connection exceptions, insufficient resources (too many connections, disk full, out of memory), system errors. */
const AWAY_CLASSES = ['08', '53', '58'];

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // unix socket that is not there yet
]);

/** pg gives these without a code. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout)/;

/** A lost connection or a server without resources becomes a retryable `STORE_UNAVAILABLE`, a conflict between transactions a retryable `TRANSACTION_CONFLICT`; all else is given back untouched. */
export function databaseError(error: unknown): unknown {
  if (isEventError(error)) return error;
  const code = isConflict(error) ? 'TRANSACTION_CONFLICT' : isAway(error) ? 'STORE_UNAVAILABLE' : undefined;
  if (code === undefined) return error;
  const { message, code: state } = error as Error & { code?: string };
  return new EventError(code, `Postgres: ${message || state}`, { retryable: true, cause: error });
}

/** No statement was sent that could be to blame: whatever the server refuses a connection for is a retryable `STORE_UNAVAILABLE`, with the server's words. */
export function connectError(error: unknown): unknown {
  const known = databaseError(error);
  if (known !== error || !isNativeError(error) || !('severity' in error)) return known;
  return new EventError('STORE_UNAVAILABLE', `Postgres refuses connections: ${error.message}`, { retryable: true, cause: error });
}

function isConflict(error: unknown): boolean {
  return isNativeError(error) && CONFLICT_STATES.has((error as { code?: string }).code ?? '');
}

function isAway(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  const { code, errors, severity } = error as { code?: unknown; errors?: unknown; severity?: unknown };
  // Node's answer when none of a name's addresses could be reached.
  if (Array.isArray(errors)) return errors.some(isAway);
  if (typeof code !== 'string') return CONNECTION_MESSAGES.test(error.message);
  if (AWAY_STATES.has(code) || NETWORK_CODES.has(code)) return true;
  // Only the server's own errors have a severity; a code of somebody else's that begins alike must not match.
  return severity !== undefined && AWAY_CLASSES.includes(code.slice(0, 2));
}
