export { type AuditAction, type AuditRow, listAudit } from './audit/audit-log.ts';
export { type Cleaner, type CleanerOptions, createCleaner } from './cleaner.ts';
export { createDatabase, type DatabaseDependencies } from './database/create-database.ts';
export type { Database, DatabaseOptions, Queryable, StatementOptions, Transaction } from './database/database.ts';
export {
  countWaiting,
  type DeadLetterFilter,
  type DeadLetterRow,
  type DeadLetterState,
  type DeadLetterSummary,
  findDeadLetter,
  listDeadLetters,
} from './decisions/dead-letter-rows.ts';
export type { Decision } from './decisions/decision.ts';
export { createDecisions, type Decisions, type DecisionsOptions } from './decisions/decisions.ts';
export { type EventTraces, findEvent, type PublishedEvent } from './decisions/find-event.ts';
export { createRedrive, type Redrive, type RedriveOptions } from './decisions/redrive.ts';
export { createReplayLedger } from './decisions/replay-ledger.ts';
export { createReplayMany } from './decisions/replay-many.ts';
export { createEventStore, type EventStoreOptions } from './event-store/create-event-store.ts';
export type {
  AppendOptions,
  Checkpoint,
  EventPage,
  EventStore,
  ExpectedVersion,
  NewStreamEvent,
  StreamEvent,
  StreamName,
} from './event-store/event-store.ts';
export type { Upcaster } from './event-store/upcasters.ts';
export { VersionConflict } from './event-store/version-conflict.ts';
export { beginRewinding, createGroupControls, type GroupControls, type GroupState } from './group-controls.ts';
export {
  createIdempotencyStore,
  type IdempotencyClaim,
  type IdempotencyStore,
  type IdempotencyStoreOptions,
  type StoredAnswer,
} from './idempotency-store.ts';
export { createInbox, type InboxOptions } from './inbox/inbox.ts';
export { incarnationId } from './incarnation.ts';
export type { ClaimedJob, Job, JobFailure, JobKind, JobParameters, JobProgress, JobState } from './jobs/job.ts';
export { createJobRunner, type JobRunner, type JobRunnerOptions, type RunJob } from './jobs/job-runner.ts';
export { createJobStore, type JobAdvance, type JobStore, type NewJob } from './jobs/job-store.ts';
export { createLease, type Lease, type LeaseOptions } from './lease.ts';
export { type MigrateOptions, migrate } from './migrate.ts';
export {
  countUnsent,
  discardFailed,
  type FailedRowDecision,
  listUnsent,
  replayFailed,
  type UnsentCounts,
  type UnsentEvent,
  type UnsentState,
} from './outbox/failed-rows.ts';
export { fromStoredHeaders, type StoredHeaders } from './outbox/header-json.ts';
export type { StatementPart } from './outbox/insert-outbox-rows.ts';
export { createOutbox, type OutboxOptions, type PostgresOutbox } from './outbox/outbox.ts';
export { findParked, type ParkedEvent } from './parking/find-parked.ts';
export { discardHead, type EditedRecord, type HeadDecision, makeHeadDue, replaceHead } from './parking/head-decisions.ts';
export { createParkingLot, type ParkingLotOptions } from './parking/parking-lot.ts';
export { createParkingWatch, type ParkingWatch, type ParkingWatchOptions } from './parking/parking-watch.ts';
export { createRelay, type Relay, type RelayStats } from './relay/relay.ts';
export type { RelayOptions } from './relay/relay-options.ts';
