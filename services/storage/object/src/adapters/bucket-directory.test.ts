import { type FakeBucketService, INTERNAL_TOKEN, startFakeBucketService } from '../../test/fake-bucket-service.ts';
import { createBucketDirectory } from './bucket-directory.ts';

describe('bucket directory', () => {
  let bucketService: FakeBucketService;

  beforeEach(async () => {
    bucketService = await startFakeBucketService();
  });

  afterEach(() => bucketService.close());

  async function withDirectory(use: (directory: ReturnType<typeof createBucketDirectory>) => Promise<void>): Promise<void> {
    const directory = createBucketDirectory({ baseUrl: bucketService.url, internalToken: INTERNAL_TOKEN, timeoutMs: 500 });
    try {
      await use(directory);
    } finally {
      directory.close();
    }
  }

  it('asks few questions for many who want to know the same at once', () =>
    withDirectory(async (directory) => {
      const bucket = bucketService.create('owner', 'photos');
      const answers = await Promise.all(Array.from({ length: 20 }, () => directory.find('owner', 'photos')));
      expect(answers.every((answer) => answer.outcome === 'found' && answer.bucket.bucketId === bucket.bucketId)).toBe(true);
      expect(bucketService.questions).toBeLessThanOrEqual(2);
    }));

  it('does not mix up owners or names', () =>
    withDirectory(async (directory) => {
      const photos = bucketService.create('owner', 'photos');
      const films = bucketService.create('owner', 'films');
      const other = bucketService.create('other', 'photos');
      const ask = [
        directory.find('owner', 'photos'),
        directory.find('owner', 'films'),
        directory.find('other', 'photos'),
        directory.find('other', 'films'),
      ];
      const ids = (await Promise.all(ask)).map((answer) =>
        answer.outcome === 'found' ? answer.bucket.bucketId : answer.outcome,
      );
      expect(ids).toEqual([photos.bucketId, films.bucketId, other.bucketId, 'absent']);
    }));

  it('tells who asks after a deletion of it, though a question from before is under way', () =>
    withDirectory(async (directory) => {
      const bucket = bucketService.create('owner', 'photos');
      const before = directory.find('owner', 'photos');
      bucketService.delete(bucket);
      const after = directory.find('owner', 'photos');
      await before;
      expect(await after).toEqual({ outcome: 'absent' });
    }));

  it('tells everybody when there is no answer', () =>
    withDirectory(async (directory) => {
      bucketService.mode = 'failing';
      const answers = await Promise.all([directory.find('owner', 'photos'), directory.find('owner', 'photos')]);
      expect(answers.map(({ outcome }) => outcome)).toEqual(['unavailable', 'unavailable']);
    }));
});
