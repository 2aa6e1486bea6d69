import { createJobStore } from '@throughline/postgres';
import { testPrefix } from '@throughline/testing';
import { createOperationsBed, type OperationsBed, type Replica } from '../../test/operations-bed.ts';
import { groupRoutes } from './group-routes.ts';
import type { OperationsContext } from './operations-context.ts';
import { createRewindJob } from './rewind-job.ts';
import type { SubscribedGroup } from './subscribed-group.ts';

// A group goes on declaring a topic that somebody deleted.
const topic = testPrefix('deleted');
const group = `${topic}.group`;
const declared = () => [`${topic}.gone`, topic];
const running = { topics: declared, sourceTopics: declared } as unknown as SubscribedGroup['running'];
let bed: OperationsBed;
let service: Replica;
let context: OperationsContext;

beforeAll(async () => {
  bed = await createOperationsBed(topic);
  service = await bed.startReplica();
  const { database, driver } = service.backbone;
  const subscription = { group, order: 'none' } as SubscribedGroup['subscription'];
  context = {
    database,
    driver,
    jobs: createJobStore({ database }),
    controls: { read: async () => new Map() },
    parking: { counts: async () => ({ blockedKeys: 0, deadKeys: 0, parkedRecords: 0 }) },
    groups: new Map([[group, { subscription, running }]]),
    wakeControls: () => {},
  } as unknown as OperationsContext;
}, 60_000);
afterAll(() => bed.close());

it('is left out when the group is rewound, which does not stand still for it', async () => {
  const parameters = { from: new Date(Date.now() - 60_000).toISOString() };
  await context.jobs.create({ kind: 'rewind', group, parameters, operator: 'test' });
  const job = await context.jobs.claim([group], 60_000);
  if (job === undefined) throw new Error('nothing to claim');
  await createRewindJob(context)(job, new AbortController().signal);
  expect(await context.jobs.find(job.jobId)).toMatchObject({ progress: { done: 0, total: 0 } });
});

it('is left out of the list of groups, which shows the others', async () => {
  const list = groupRoutes(context).find(({ operationId }) => operationId === 'listGroups');
  const answer = await list?.handler({} as never);
  expect(answer).toMatchObject({
    status: 200,
    body: {
      items: [
        {
          group,
          topics: [
            { topic, partition: 0 },
            { topic, partition: 1 },
          ],
        },
      ],
    },
  });
});
