import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { clientOf } from '../../test/storage-client.ts';
import { IDENTITY_FILE, requireOwnData } from './data-identity.ts';

describe('data folder and database', () => {
  const running: RunningObjectService[] = [];

  async function start(): Promise<RunningObjectService> {
    const service = await startObjectService();
    running.push(service);
    return service;
  }

  async function startWithObject(): Promise<RunningObjectService> {
    const service = await start();
    const ownerId = randomUUID();
    service.bucketService.create(ownerId, 'photos');
    expect((await clientOf(service.url, ownerId).put('/storage/buckets/photos/objects/a', 'x')).status).toBe(201);
    return service;
  }

  afterEach(async () => {
    for (const service of running.splice(0)) await service.stop();
  });

  const meet = ({ database }: RunningObjectService, { blobs, dataDir }: RunningObjectService) =>
    requireOwnData({ database, blobs, dataDir });

  const idOf = async ({ database }: RunningObjectService) => {
    const [row] = await database.query<{ database_id: string }>('select database_id from data_identity');
    return String(row?.database_id);
  };

  it('know each other again, whoever of several replicas comes first', async () => {
    const own = await start();
    await Promise.all([meet(own, own), meet(own, own), meet(own, own)]);
    expect(await fs.readFile(path.join(own.dataDir, IDENTITY_FILE), 'utf8')).toBe(`${await idOf(own)}\n`);
    expect(await fs.readdir(own.dataDir)).toEqual(expect.not.arrayContaining([expect.stringMatching(/^database-id\..+/)]));
    await meet(own, own);
  });

  it('refuse a stranger, naming both', async () => {
    const own = await start();
    const stranger = await start();
    await meet(own, own);
    const refusal = meet(stranger, own);
    await expect(refusal).rejects.toMatchObject({ code: 'CONFIGURATION_REFUSED' });
    await expect(refusal).rejects.toThrow(await idOf(own));
    await expect(refusal).rejects.toThrow(await idOf(stranger));
  });

  it('refuse each other when only one of them is new', async () => {
    const old = await startWithObject();
    const fresh = await start();
    await expect(meet(fresh, old)).rejects.toThrow(/There are bytes in .+ has no objects/);
    await expect(meet(old, fresh)).rejects.toThrow(/has objects, but there are no bytes/);
    await meet(old, old);
    await meet(fresh, fresh);
  });
});
