import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newUser } from '../../storage-client/new-user.ts';
import type { StorageSession } from '../../storage-client/storage-client.ts';
import { nameTemplate, STORED } from './workloads.ts';

/** A user of this run with a bucket, in which the same files lie as in the folder of the others. */
export async function prepareStorage(options: {
  edgeUrl: string;
  folder: string;
}): Promise<{ session: StorageSession; bucket: string }> {
  const { edgeUrl, folder } = options;
  const session = await newUser(edgeUrl);
  const bucket = `bench-${crypto.randomUUID().slice(0, 8)}`;
  await session.createBucket(bucket);
  mkdirSync(folder, { recursive: true });
  for (const [size, count] of Object.entries(STORED)) {
    for (let n = 0; n < count; n += 1) {
      const name = nameTemplate({ method: 'GET', objectBytes: Number(size) }).replace('{n}', String(n));
      const bytes = randomBytes(Number(size));
      writeFileSync(join(folder, name), bytes);
      await session.upload({ bucket, name, bytes });
    }
  }
  return { session, bucket };
}
