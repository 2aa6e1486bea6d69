import metadata from 'kafkajs/src/protocol/requests/metadata/index.js';
import { repairMetadata } from './repair-metadata.ts';

const LEADER_NOT_AVAILABLE = 5;
const answer = {
  topicMetadata: [
    { topicErrorCode: 0, topic: 'well', partitionMetadata: [{ partitionErrorCode: 0, partitionId: 0, leader: 1 }] },
    {
      topicErrorCode: 0,
      topic: 'ill',
      partitionMetadata: [{ partitionErrorCode: LEADER_NOT_AVAILABLE, partitionId: 0, leader: -1 }],
    },
  ],
};

describe('repairMetadata', () => {
  it('gives all topics also while one has no leader; of named topics that is an error still', async () => {
    repairMetadata();
    repairMetadata();
    const { protocol } = metadata;
    await expect(protocol({ version: 6 })({ topics: [] }).response.parse(answer)).resolves.toEqual(answer);
    await expect(protocol({ version: 6 })({ topics: ['ill'] }).response.parse(answer)).rejects.toMatchObject({
      type: 'LEADER_NOT_AVAILABLE',
    });
  });
});
