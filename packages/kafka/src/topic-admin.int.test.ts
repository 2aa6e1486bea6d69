import { testPrefix } from '@throughline/testing';
import { newClient } from '../test/stage.ts';
import { createTopicAdmin } from './topic-admin.ts';

it('answers questions that are asked at the same time completely, each for its topics', async () => {
  const topics = Array.from({ length: 6 }, () => testPrefix('asked'));
  const creating = createTopicAdmin(() => newClient());
  await creating.ensureTopics(
    topics.map((topic) => ({ topic, partitions: 3 })),
    { create: true },
  );
  await creating.close();
  const admin = createTopicAdmin(() => newClient());
  const questions = topics.flatMap((topic) => [admin.ranges('nobody', [topic]), admin.ranges('nobody', topics)]);
  const [listed, ...answers] = await Promise.all([admin.listTopics(), ...questions]);
  expect(listed).toEqual(expect.arrayContaining(topics));
  const nothing = { committed: undefined, low: 0n, high: 0n };
  const rangesOf = (topic: string) => [0, 1, 2].map((partition) => ({ topic, partition, ...nothing }));
  expect(answers).toEqual(topics.flatMap((topic) => [rangesOf(topic), topics.flatMap(rangesOf)]));
  await admin.close();
});
