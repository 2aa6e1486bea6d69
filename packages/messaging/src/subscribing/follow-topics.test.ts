import { createLogger } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import { followTopics, matchTopics, type TopicFollower } from './follow-topics.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let present: string[];
let follower: TopicFollower | undefined;
const driver = { listTopics: async () => present };

afterEach(() => follower?.stop());

describe('matchTopics', () => {
  beforeEach(() => {
    present = ['file.a.v1', 'file.b.v1', 'other.v1', 'throughline.canary.v1', 'g.dlq', 'g.retry.5s', '__consumer_offsets'];
  });

  it.each([
    [['file.*'], ['file.a.v1', 'file.b.v1']],
    [['#'], ['file.a.v1', 'file.b.v1', 'other.v1']],
    [
      ['#', 'throughline.canary.v1'],
      ['file.a.v1', 'file.b.v1', 'other.v1', 'throughline.canary.v1'],
    ],
    [
      ['file.a.v1', 'file.*'],
      ['file.a.v1', 'file.b.v1'],
    ],
    [['not.there.v1'], ['not.there.v1']],
    [['none.*'], []],
  ])('%j means %j', async (wanted, topics) => {
    expect(await matchTopics(driver, wanted)).toEqual(topics);
  });
});

describe('followTopics', () => {
  it('takes what comes, tries again after a failure, and lets go of what is gone twice; never of a name', async () => {
    present = ['file.a'];
    const changes: (readonly string[])[] = [];
    let failures = 1;
    follower = followTopics({
      driver,
      wanted: ['file.*', 'named'],
      first: ['file.a', 'named'],
      logger,
      refreshMs: 1,
      onChange: async (topics) => {
        if (failures-- > 0) throw new Error('no broker');
        changes.push(topics);
      },
    });
    present = ['file.a', 'file.b'];
    await waitFor(() => changes.length === 1, { description: 'the new topic', intervalMs: 1 });
    expect(follower.topics()).toEqual(['file.a', 'named', 'file.b']);
    present = ['file.b'];
    await waitFor(() => changes.length === 2, { description: 'the topic to be gone', intervalMs: 1 });
    expect(follower.topics()).toEqual(['named', 'file.b']);
    expect(changes).toEqual([
      ['file.a', 'named', 'file.b'],
      ['named', 'file.b'],
    ]);
  });

  it('does not take a topic for gone that one look alone did not find', async () => {
    let looks = 0;
    const flickering = {
      listTopics: async () => {
        looks += 1;
        return looks % 2 === 0 ? ['file.a'] : [];
      },
    };
    const changes: unknown[] = [];
    const onChange = async (topics: readonly string[]) => void changes.push(topics);
    follower = followTopics({ driver: flickering, wanted: ['file.*'], first: ['file.a'], logger, refreshMs: 1, onChange });
    await waitFor(() => looks > 10, { description: 'ten looks', intervalMs: 1 });
    expect(changes).toEqual([]);
  });
});
