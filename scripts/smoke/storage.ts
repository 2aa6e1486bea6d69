import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expectStatus } from '../api-client/expect-status.ts';
import { sendRequest } from '../api-client/send-request.ts';
import { waitUntil } from '../demo/wait-until.ts';
import { awaitOutcome, mendDeadLetter, produce } from './follow-event.ts';
import type { SmokeContext } from './smoke-context.ts';

const TOPIC = 'storage.object.v1';
const GROUP = 'storage.metadata';
const EXAMPLE = new URL('../../contracts/object-storage/OBJECT_CREATED.v1.example.json', import.meta.url);

/** An object uploaded and found; an event of another producer sent twice; one that breaks the contract, mended and handled; all deleted. */
export async function smokeStorage(context: SmokeContext): Promise<void> {
  const { http, userToken: token, say } = context;
  const bucketName = `smoke-${randomUUID()}`;
  const bucket = { method: 'POST', path: '/storage/buckets', token, json: { name: bucketName } } as const;
  await expectStatus(http('storage-bucket'), bucket, [201]);
  const path = `/storage/buckets/${bucketName}/objects/first.txt`;
  const upload = { method: 'PUT', path, token, bytes: new TextEncoder().encode('seen') } as const;
  await expectStatus(http('storage-object'), upload, [200, 201]);
  await awaitFound(context, bucketName, 'first.txt');
  const download = await expectStatus(http('storage-object'), { method: 'GET', path, token }, [200]);
  if (new TextDecoder().decode(download.bytes) !== 'seen') throw new Error(`${path} came back with other bytes`);
  say(`an object in ${bucketName} was uploaded, published, and found by the search`);

  const twice = createdEvent(context, { bucketName, fileName: 'twice.txt' });
  await produce(context, { topic: TOPIC, key: twice.payload.objectId, value: twice, times: 2 });
  await awaitOutcome(context, { eventId: twice.eventId, group: GROUP, outcome: 'duplicate' });
  await awaitFound(context, bucketName, 'twice.txt');
  say(`event ${twice.eventId} came twice, was noticed as a duplicate, and took effect once`);

  const mended = createdEvent(context, { bucketName, fileName: 'mended.txt' });
  const broken = { ...mended, payload: { ...mended.payload, fileName: 7 } };
  await produce(context, { topic: TOPIC, key: mended.payload.objectId, value: broken });
  await mendDeadLetter(context, { component: 'storage-metadata', eventId: mended.eventId, value: mended });
  await awaitFound(context, bucketName, 'mended.txt');
  say(`event ${mended.eventId} broke its contract and became a dead letter; mended and sent back, it was handled`);

  await expectStatus(http('storage-bucket'), { method: 'DELETE', path: `/storage/buckets/${bucketName}`, token }, [204]);
  await deleteForeign(context, [twice, mended]);
  for (const fileName of ['first.txt', 'twice.txt', 'mended.txt']) await awaitFound(context, bucketName, fileName, 0);
  say(`${bucketName} was deleted, and the search forgot what was in it`);
}

/** The contract's example, with ids and names of its own. */
function createdEvent({ userId }: SmokeContext, { bucketName, fileName }: { bucketName: string; fileName: string }) {
  const { payload, ...envelope } = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as CreatedEvent;
  return {
    ...envelope,
    eventId: randomUUID(),
    ownerId: userId,
    occurredAt: Date.now() / 1000,
    payload: { ...payload, objectId: randomUUID(), bucketName, fileName },
  };
}

/** Objects that only events tell of go with an event: no bucket of the service holds them. */
async function deleteForeign(context: SmokeContext, created: readonly ReturnType<typeof createdEvent>[]): Promise<void> {
  for (const { payload, ...envelope } of created) {
    const { objectId, bucketName, fileName } = payload;
    const deleted = { payloadType: 'OBJECT_DELETED', objectId, bucketName, fileName };
    const value = {
      ...envelope,
      eventId: randomUUID(),
      eventType: 'OBJECT_DELETED',
      occurredAt: Date.now() / 1000,
      payload: deleted,
    };
    await produce(context, { topic: TOPIC, key: objectId, value });
  }
}

interface CreatedEvent {
  readonly payload: Readonly<Record<string, unknown>>;
}

async function awaitFound({ http, userToken: token }: SmokeContext, bucket: string, fileName: string, times = 1): Promise<void> {
  await waitUntil(
    `the search to find ${fileName} ${times} times`,
    async () => {
      const request = { method: 'GET', path: '/storage/search', query: { bucket, fileName }, token } as const;
      const reply = await sendRequest(http('storage-metadata'), request);
      if (reply.status !== 200) return undefined;
      return (reply.json() as { items: readonly unknown[] }).items.length === times || undefined;
    },
    60_000,
  );
}
