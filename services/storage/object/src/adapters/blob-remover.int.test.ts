import { randomUUID } from 'node:crypto';
import { createLogger } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { createBlobRemover } from './blob-remover.ts';

describe('removal of bytes', () => {
  let service: RunningObjectService;

  beforeAll(async () => {
    service = await startObjectService();
  });

  afterAll(() => service.stop());

  it('goes on past bytes that cannot be removed, and tries those again later', async () => {
    // The service's own job would remove them as well.
    await service.service.stop();
    const stuck = Array.from({ length: 100 }, (): string => randomUUID());
    const behind = randomUUID();
    await service.database.execute(
      `insert into blob_removals (blob_id, due_at) select unnest($1::uuid[]), now() - interval '1 hour'`,
      [stuck],
    );
    await service.database.execute('insert into blob_removals (blob_id) values ($1)', [behind]);
    const removed: string[] = [];
    let isHealed = false;
    const remover = createBlobRemover({
      database: service.database,
      blobs: {
        ...service.blobs,
        remove: async (blobId) => {
          if (stuck.includes(blobId) && !isHealed) throw new Error('stuck');
          removed.push(blobId);
        },
      },
      logger: createLogger({ name: 'test', level: 'silent' as never }),
      intervalMs: 20,
    });
    remover.start();
    await waitFor(() => removed.includes(behind), { description: 'the bytes behind the others to be removed' });
    expect(removed).toEqual([behind]);
    isHealed = true;
    await waitFor(async () => (await service.database.query('select 1 from blob_removals')).length === 0, {
      description: 'the rest to be removed',
    });
    await remover.stop();
    expect(new Set(removed)).toEqual(new Set([...stuck, behind]));
  });
});
