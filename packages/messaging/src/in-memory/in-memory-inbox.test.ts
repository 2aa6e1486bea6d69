import { inboxSuite } from '@throughline/testing';
import { createInMemoryInbox } from './in-memory-inbox.ts';

describe('the inbox in memory', () => {
  const inbox = createInMemoryInbox();
  const marks: string[] = [];
  inboxSuite({
    createInbox: () => inbox,
    writeMark: async (tx, mark) => tx.onCommit(() => marks.push(mark)),
    readMarks: async () => marks,
    readDeadLetterRows: async () =>
      inbox.deadLetters.map(({ group, original }) => ({
        topic: `${group}.dlq`,
        dlqId: `${original.topic}/${original.partition}/${original.offset}`,
      })),
  });
});
