import { parkingLotSuite } from '@throughline/testing';
import { createInMemoryInbox } from './in-memory-inbox.ts';
import { createInMemoryParkingLot } from './in-memory-parking-lot.ts';
import { InboxMemory } from './inbox-memory.ts';

describe('the parking lot in memory', () => {
  const memory = new InboxMemory();
  const marks: string[] = [];
  parkingLotSuite({
    createStores: (bounds) => ({
      inbox: createInMemoryInbox({ memory, ...(bounds !== undefined && { bounds }) }),
      lot: createInMemoryParkingLot({ memory, ...(bounds !== undefined && { bounds }) }),
    }),
    writeMark: async (tx, mark) => tx.onCommit(() => marks.push(mark)),
    readMarks: async () => marks,
    readDeadLetterRows: async () =>
      [...memory.letters.values()].map(({ group, original }) => ({
        topic: `${group}.dlq`,
        dlqId: `${original.topic}/${original.partition}/${original.offset}`,
      })),
  });
});
