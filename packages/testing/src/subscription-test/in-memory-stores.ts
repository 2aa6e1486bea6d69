import {
  type Clock,
  createInMemoryInbox,
  createInMemoryParkingLot,
  type Inbox,
  InboxMemory,
  type InMemoryInbox,
  type InMemoryTransaction,
  type Outbox,
  type OutboxMessage,
  type ParkingLot,
} from '@throughline/messaging';

/** A group's database in memory, with transactions as its handlers want them. */
export interface InMemoryStores<Tx> {
  readonly inbox: Inbox<Tx>;
  readonly parking: ParkingLot<Tx>;
  readonly outbox: Outbox<Tx>;
  /** What was put into the outbox by transactions that committed, in order. */
  readonly published: readonly OutboxMessage[];
  readonly deadLetters: InMemoryInbox['deadLetters'];
}

export function createInMemoryStores<Tx>(options: {
  readonly clock: Clock;
  readonly toTransaction: (tx: InMemoryTransaction) => Tx;
}): InMemoryStores<Tx> {
  const { clock, toTransaction } = options;
  const memory = new InboxMemory();
  const inbox = createInMemoryInbox({ memory });
  const parking = createInMemoryParkingLot({ memory, clock });
  const published: OutboxMessage[] = [];
  const open = new WeakMap<object, InMemoryTransaction>();
  const begin = (tx: InMemoryTransaction): Tx => {
    const theirs = toTransaction(tx);
    open.set(theirs as object, tx);
    return theirs;
  };
  return {
    published,
    get deadLetters() {
      return inbox.deadLetters;
    },
    inbox: {
      ...inbox,
      handleOnce: (entries, work, more) => inbox.handleOnce(entries, (tx, fresh) => work(begin(tx), fresh), more),
    },
    parking: { ...parking, release: (head, work, more) => parking.release(head, (tx) => work(begin(tx)), more) },
    outbox: {
      insert: async (tx, messages) => {
        const inMemory = open.get(tx as object);
        if (inMemory === undefined) throw new Error('The outbox was given another transaction than the handler got.');
        if (!inMemory.isPublishingSuppressed) inMemory.onCommit(() => published.push(...messages));
      },
    },
  };
}
