import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { createLogger } from '@throughline/telemetry';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { clientOf } from '../../test/storage-client.ts';
import { sweep } from './sweeper.ts';

describe('sweeper', () => {
  const logger = createLogger({ name: 'test', level: 'silent' as never });
  let service: RunningObjectService;
  let user: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    service = await startObjectService();
    const ownerId = randomUUID();
    user = clientOf(service.url, ownerId);
    service.bucketService.create(ownerId, 'photos');
  });

  afterAll(() => service.stop());

  const sweepOnce = () => sweep({ database: service.database, blobs: service.blobs, logger, graceMs: 60_000 });

  async function* once(bytes: Buffer): AsyncIterable<Buffer> {
    yield bytes;
  }

  async function blobWithUpload(heartbeat: 'now()' | `now() - interval '2 minutes'` | undefined): Promise<string> {
    const blobId = randomUUID();
    if (heartbeat !== undefined) await service.database.execute(`insert into uploads values ($1, ${heartbeat})`, [blobId]);
    await service.blobs.receive(blobId, once(Buffer.from('x')), { maxBytes: 1 });
    return blobId;
  }

  /** As if nobody had written to the file for two minutes. */
  async function age(blobId: string): Promise<void> {
    const twoMinutesAgo = new Date(Date.now() - 120_000);
    const file = (await service.files()).find((candidate) => candidate.includes(blobId));
    await fs.utimes(String(file), twoMinutesAgo, twoMinutesAgo);
  }

  const isThere = async (blobId: string) => (await service.files()).some((file) => file.includes(blobId));

  it('removes what belongs to nobody and nothing else', async () => {
    await user.put('/storage/buckets/photos/objects/a', 'kept');
    const living = await blobWithUpload('now()');
    const dead = await blobWithUpload(`now() - interval '2 minutes'`);
    const orphan = await blobWithUpload(undefined);
    const half = randomUUID();
    await fs.writeFile(path.join(service.dataDir, 'blobs', half.slice(0, 2), `${half}.part`), 'half');
    for (const old of [living, orphan, half]) await age(old);
    expect(await sweepOnce()).toEqual({ deadUploads: 1, orphans: 2 });
    expect(await Promise.all([living, dead, orphan, half].map(isThere))).toEqual([true, false, false, false]);
    expect(await sweepOnce()).toEqual({ deadUploads: 0, orphans: 0 });
    expect((await user.get('/storage/buckets/photos/objects/a')).bytes.toString()).toBe('kept');
  });

  it('spares a file without any row until it is old: a restored or wrong database knows none', async () => {
    const orphan = await blobWithUpload(undefined);
    expect(await sweepOnce()).toEqual({ deadUploads: 0, orphans: 0 });
    await age(orphan);
    expect(await sweepOnce()).toEqual({ deadUploads: 0, orphans: 1 });
  });

  it('goes on past what cannot be removed', async () => {
    const stuck = await blobWithUpload(`now() - interval '2 minutes'`);
    const others = [await blobWithUpload(`now() - interval '2 minutes'`), await blobWithUpload(undefined)];
    for (const blobId of [stuck, ...others]) await age(blobId);
    const remove = async (blobId: string) => {
      if (blobId === stuck) throw new Error('stuck');
      await service.blobs.remove(blobId);
    };
    await sweep({ database: service.database, blobs: { ...service.blobs, remove }, logger, graceMs: 60_000 });
    expect(await Promise.all([stuck, ...others].map(isThere))).toEqual([true, false, false]);
    expect(await sweepOnce()).toEqual({ deadUploads: 0, orphans: 1 });
  });

  it('spares uploads under way, however often it sweeps', async () => {
    let isUploading = true;
    const sweeping = (async () => {
      let sweeps = 0;
      for (; isUploading; sweeps += 1) await sweepOnce();
      return sweeps;
    })();
    const names = Array.from({ length: 120 }, (_, index) => `busy/${index}`);
    for (let from = 0; from < names.length; from += 8) {
      const answers = await Promise.all(
        names.slice(from, from + 8).map((name) => user.put(`/storage/buckets/photos/objects/${name}`, name)),
      );
      expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(201));
    }
    isUploading = false;
    expect(await sweeping).toBeGreaterThan(0);
    for (const name of names) expect((await user.get(`/storage/buckets/photos/objects/${name}`)).bytes.toString()).toBe(name);
  });
});
