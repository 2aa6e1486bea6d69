import type { Inbox, ParkingBounds, ParkingLot } from '@throughline/messaging';

/** What the suite needs of an implementation. */
export interface ParkingLotSuite<Tx> {
  /** A group's inbox and parking lot; those of one suite share what they hold. */
  readonly createStores: (bounds?: Partial<ParkingBounds>) => ParkingStores<Tx>;
  /** Writes a mark in the transaction. */
  readonly writeMark: (tx: Tx, mark: string) => Promise<void>;
  /** Marks that were committed; those of one key in the order in which they were written. */
  readonly readMarks: () => Promise<readonly string[]>;
  /** Topics and `dlq-id`s of the outbox rows that dead letters have made. */
  readonly readDeadLetterRows: () => Promise<readonly { readonly topic: string; readonly dlqId: string }[]>;
}

export interface ParkingStores<Tx> {
  readonly inbox: Inbox<Tx>;
  readonly lot: ParkingLot<Tx>;
}
