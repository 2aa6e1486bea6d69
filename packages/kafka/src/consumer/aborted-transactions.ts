/** The beginning of a transaction that was aborted, as a Fetch response names it. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** Of a batch in the log. */
interface TransactionalBatch {
  readonly producerId: bigint;
  readonly lastOffset: bigint;
  readonly isTransactional: boolean;
  readonly isAbortMarker: boolean;
}

/**
 * Says which batches of one partition belong to aborted transactions, asked batch by batch in the order of the log. As Java's client: a transaction reaches from its first offset to its producer's
 * abort marker. kafkajs 2.2.4 learns of one transaction a record, so it passes on records of a second one that was open too, and takes any record with four zero bytes as its key for a marker.
 */
export function createAbortedBatches(transactions: readonly AbortedTransaction[]): (batch: TransactionalBatch) => boolean {
  const toCome = transactions.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const aborting = new Set<bigint>();
  return ({ producerId, lastOffset, isTransactional, isAbortMarker }) => {
    while (toCome[0] !== undefined && toCome[0].firstOffset <= lastOffset)
      aborting.add((toCome.shift() as AbortedTransaction).producerId);
    if (isAbortMarker) aborting.delete(producerId);
    return isTransactional && !isAbortMarker && aborting.has(producerId);
  };
}
