export { type Cleaner, type CleanerOptions, createCleaner } from './cleaner.ts';
export { createDatabase, type DatabaseDependencies } from './database/create-database.ts';
export type { Database, DatabaseOptions, Queryable, StatementOptions, Transaction } from './database/database.ts';
export {
  createIdempotencyStore,
  type IdempotencyClaim,
  type IdempotencyStore,
  type IdempotencyStoreOptions,
  type StoredAnswer,
} from './idempotency-store.ts';
export { createInbox, type InboxOptions } from './inbox/inbox.ts';
export { incarnationId } from './incarnation.ts';
export { type MigrateOptions, migrate } from './migrate.ts';
export { discardFailed, type FailedRow, listFailed, replayFailed } from './outbox/failed-rows.ts';
export type { StatementPart } from './outbox/insert-outbox-rows.ts';
export { createOutbox, type OutboxOptions, type PostgresOutbox } from './outbox/outbox.ts';
export { createRelay, type Relay, type RelayStats } from './relay/relay.ts';
export type { RelayOptions } from './relay/relay-options.ts';
