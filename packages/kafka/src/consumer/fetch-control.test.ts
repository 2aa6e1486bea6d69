import { createRecordScheduler, type GroupOffset } from '@throughline/messaging';
import { createLogger } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import type { Consumer } from 'kafkajs';
import type { TopicAdmin } from '../topic-admin.ts';
import { Assignment } from './assignment.ts';
import { createConsumerBound } from './create-consumer-bound.ts';
import { FetchControl } from './fetch-control.ts';
import { FetchPace } from './fetch-pace.ts';
import { OffsetCommitter } from './offset-committer.ts';

it('asks again for the offsets of partitions that an answer does not name, and leaves alone what a later join asks for', async () => {
  const logger = createLogger({ name: 'test', level: 'fatal' });
  const handle = async () => [];
  const assignment = new Assignment(createRecordScheduler({ handle, concurrency: 1 }));
  const answers = [0, 1].map(() => Promise.withResolvers<readonly GroupOffset[]>());
  const whole = [0, 1].map((partition) => ({ topic: 'things', partition, committed: 5n, low: 0n, high: 9n }));
  let asked = 0;
  const ranges = () => answers[asked++]?.promise ?? Promise.resolve(whole);
  const control = new FetchControl({
    group: 'group',
    assignment,
    committer: new OffsetCommitter({ assignment, intervalMs: 1000, logger }),
    admin: { ranges } as unknown as TopicAdmin,
    bound: createConsumerBound({ group: 'group', topics: ['things'], handle }),
    pace: new FetchPace(),
    logger,
  });
  const consumer = { seek: () => {}, pause: () => {}, resume: () => {} } as unknown as Consumer;
  assignment.replace({ things: [0, 1] });
  control.joined(consumer);
  control.joined(consumer);
  answers[0]?.resolve(whole.map((range) => ({ ...range, committed: 1n })));
  answers[1]?.resolve(whole.slice(0, 1));
  await waitFor(() => assignment.all().every(({ isPositioned }) => isPositioned), { description: 'all positions' });
  expect(assignment.all().map(({ work }) => work.window.next)).toEqual([5n, 5n]);
  expect(asked).toBe(3);
});
