import { fileURLToPath } from 'node:url';
import type { Installation } from '../installation/installation.ts';

const FIND_RECORD = fileURLToPath(import.meta.resolve('./programs/find-record.ts'));
const SEND_RECORD = fileURLToPath(import.meta.resolve('./programs/send-record.ts'));

/**
 * Finds the OBJECT_CREATED of an object and sends it again, byte for byte with its headers, `times` times. It is read with the rights of storage-metadata, who subscribes to
 * it, and sent with those of storage-object, who publishes it: neither may do both. Returns the event's id.
 * @throws {Error} when there is no such record within a minute
 */
export async function resendCreated(installation: Installation, objectId: string, times: number): Promise<string> {
  // Its name begins as those of the groups that storage-metadata may join.
  const group = `storage.metadata.demo-${crypto.randomUUID()}`;
  const record = await installation.runProgram({
    component: 'storage-metadata',
    file: FIND_RECORD,
    args: ['storage.object.v1', objectId, 'OBJECT_CREATED', group],
  });
  await installation.runProgram({
    component: 'storage-object',
    file: SEND_RECORD,
    args: [record.trim(), String(times)],
  });
  const { headers } = JSON.parse(record) as { headers: { ce_id: readonly [string] } };
  return Buffer.from(headers.ce_id[0], 'base64').toString();
}
