export { type Cleaner, type CleanerOptions, createCleaner } from './cleaner.ts';
export { createDatabase, type DatabaseDependencies } from './create-database.ts';
export type { Database, DatabaseOptions, Queryable, StatementOptions, Transaction } from './database.ts';
export { discardFailed, type FailedRow, listFailed, replayFailed } from './failed-rows.ts';
export {
  createIdempotencyStore,
  type IdempotencyClaim,
  type IdempotencyStore,
  type IdempotencyStoreOptions,
  type StoredAnswer,
} from './idempotency-store.ts';
export { createInbox, type InboxOptions } from './inbox.ts';
export { incarnationId } from './incarnation.ts';
export type { StatementPart } from './insert-outbox-rows.ts';
export { type MigrateOptions, migrate } from './migrate.ts';
export { createOutbox, type OutboxOptions, type PostgresOutbox } from './outbox.ts';
export { createRelay, type Relay, type RelayStats } from './relay.ts';
export type { RelayOptions } from './relay-options.ts';
