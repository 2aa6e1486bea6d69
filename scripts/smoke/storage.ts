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

/** An object uploaded and found; an event of another producer sent twice; one that breaks the contract, mended and handled. */
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

interface CreatedEvent {
  readonly payload: Readonly<Record<string, unknown>>;
}

async function awaitFound({ http, userToken: token }: SmokeContext, bucket: string, fileName: string): Promise<void> {
  await waitUntil(
    `the search to find ${fileName}`,
    async () => {
      const request = { method: 'GET', path: '/storage/search', query: { bucket, fileName }, token } as const;
      const reply = await sendRequest(http('storage-metadata'), request);
      const { items } = reply.status === 200 ? (reply.json() as { items: readonly unknown[] }) : { items: [] };
      return items.length === 1 || undefined;
    },
    60_000,
  );
}
