import type { MessagingDriver, ParkingLot } from '@throughline/messaging';
import type { Database, Decisions, GroupControls, JobStore, Transaction } from '@throughline/postgres';
import type { SubscribedGroup } from './subscribed-group.ts';

/** What the operations of a service work with. */
export interface OperationsContext {
  /** `<system>.<service>` */
  readonly service: string;
  /** Connections of their own, so that neither a long list nor a job keeps relay, handlers or requests waiting. */
  readonly database: Database;
  readonly driver: MessagingDriver;
  readonly decisions: Decisions;
  readonly controls: GroupControls;
  readonly jobs: JobStore;
  readonly parking: Pick<ParkingLot<Transaction>, 'counts'>;
  /** What this service subscribes to, by group. */
  readonly groups: ReadonlyMap<string, SubscribedGroup>;
  /** There may be something for the relay. */
  readonly wakeRelay: () => void;
  /** There is a new job. */
  readonly wakeJobs: () => void;
  /** There is a new wish for a group. */
  readonly wakeControls: () => void;
  /** How far back a replay may begin, milliseconds: before that events are not known as processed any more, and would take effect twice. */
  readonly replayWindowMs: number;
}
