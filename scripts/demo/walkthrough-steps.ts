import { objectPath, registerUser, type SearchItem, type StorageSession, signIn } from '../storage-client/storage-client.ts';
import { checkSeen } from './check-seen.ts';
import { waitUntil } from './wait-until.ts';
import { requireSession, type Walkthrough, type WalkthroughStep } from './walkthrough-step.ts';

const CONTENT = new TextEncoder().encode('A photograph, as far as this walkthrough is concerned.\n');

/** The ten steps, in order; each needs those before it. */
export const WALKTHROUGH_STEPS: readonly WalkthroughStep[] = [
  { title: 'Register and sign in', run: registerAndSignIn },
  { title: 'Create a bucket', run: createBucket },
  { title: 'Turn versioning on', run: turnVersioningOn },
  { title: 'Upload an object', run: uploadObject },
  { title: 'Update its metadata', run: updateMetadata },
  { title: 'Search', run: searchObject },
  { title: 'Download', run: downloadObject },
  { title: 'Delete the object', run: deleteObject },
  { title: 'Delete the bucket', run: deleteBucket },
  { title: 'Deliver one event five times more', run: deliverAgain },
];

async function registerAndSignIn(walkthrough: Walkthrough): Promise<string> {
  const account = { email: `demo-${walkthrough.runId}@example.com`, password: `demo-${crypto.randomUUID()}` };
  const { userId, email } = await registerUser(walkthrough.edgeUrl, account);
  const session = await signIn(walkthrough.edgeUrl, { ...account, userId });
  walkthrough.session = session;
  const [, claims = ''] = session.token.split('.');
  const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub?: string };
  checkSeen(sub === userId, `the token's subject is the user registered (${userId})`);
  return `register 201 gave user ${userId} (${email}), login 200 a token whose subject is that user.`;
}

async function createBucket(walkthrough: Walkthrough): Promise<string> {
  const session = requireSession(walkthrough);
  const bucket = await session.createBucket(walkthrough.bucket, { versioningEnabled: false });
  const again = await session.send({ method: 'POST', path: '/storage/buckets', json: { name: walkthrough.bucket } });
  checkSeen(again.status === 409, `a second bucket of the same name is refused with 409 (was ${again.status})`);
  return `201 gave bucket ${bucket.bucketId} (${bucket.name}); the same name again is 409.`;
}

async function turnVersioningOn(walkthrough: Walkthrough): Promise<string> {
  const session = requireSession(walkthrough);
  const earlier = await session.upload({ bucket: walkthrough.bucket, name: 'before-versioning.txt', bytes: CONTENT });
  await waitForItem(session, earlier.objectId, { bucket: walkthrough.bucket });
  await session.setVersioning(walkthrough.bucket, true);
  const reply = await session.send({ method: 'GET', path: `/storage/buckets/${walkthrough.bucket}` });
  checkSeen(reply.json().versioningEnabled === true, 'the bucket says that versioning is on');
  await session.updateObject(walkthrough.bucket, 'before-versioning.txt', {
    description: 'changed after versioning was turned on',
  });
  const item = await waitForItem(session, earlier.objectId, { bucket: walkthrough.bucket }, ({ versions }) => versions === 2);
  return `PATCH 200; an object uploaded before it (${earlier.objectId}) has ${item.versions} versions after its next change.`;
}

async function uploadObject(walkthrough: Walkthrough): Promise<string> {
  const session = requireSession(walkthrough);
  const { bucket, fileName } = walkthrough;
  const uploaded = await session.upload({
    bucket,
    name: fileName,
    bytes: CONTENT,
    contentType: 'text/plain',
    description: 'Sample photo',
    tags: ['images', 'travel'],
    accessLevel: 'PRIVATE',
  });
  walkthrough.objectId = uploaded.objectId;
  const item = await waitForItem(session, uploaded.objectId, { bucket });
  checkSeen(item.versions === 1 && item.tags.join() === 'images,travel', 'metadata with its tags and one version');
  return `201 gave object ${uploaded.objectId} (${uploaded.size} bytes); its OBJECT_CREATED made metadata, tags ${item.tags.join(', ')} and version 1.`;
}

async function updateMetadata(walkthrough: Walkthrough): Promise<string> {
  const session = requireSession(walkthrough);
  const objectId = requireObject(walkthrough);
  const description = 'Lighthouse in the evening';
  await session.updateObject(walkthrough.bucket, walkthrough.fileName, { description, tags: ['images', 'sea'] });
  const item = await waitForItem(session, objectId, { bucket: walkthrough.bucket }, (seen) => seen.description === description);
  checkSeen(item.tags.join() === 'images,sea', 'the new tags');
  const versions = await session.listVersions(objectId);
  checkSeen(versions.items.length === 2, `two versions (were ${versions.items.length})`);
  return `PATCH 200; search shows "${item.description}" and tags ${item.tags.join(', ')}, and there are ${versions.items.length} versions.`;
}

async function searchObject(walkthrough: Walkthrough): Promise<string> {
  const session = requireSession(walkthrough);
  const objectId = requireObject(walkthrough);
  const queries = [
    { bucket: walkthrough.bucket },
    { fileName: walkthrough.fileName.slice(3).toUpperCase() },
    { description: 'LIGHTHOUSE' },
    { tags: 'sea,images' },
    { bucket: walkthrough.bucket, fileName: '.txt', description: 'evening', tags: 'sea' },
  ];
  for (const query of queries) {
    const { items } = await session.search(query);
    checkSeen(
      items.some((item) => item.objectId === objectId),
      `the object among the answers to ${JSON.stringify(query)}`,
    );
  }
  const { items } = await session.search({ bucket: walkthrough.bucket, tags: 'sea,mountains' });
  checkSeen(items.length === 0, 'nothing for a tag that the object does not have');
  return `found by bucket, file name, description, tags and all together (${queries.length} searches); not found by a tag it does not have.`;
}

async function downloadObject(walkthrough: Walkthrough): Promise<string> {
  const session = requireSession(walkthrough);
  const bytes = await session.download(walkthrough.bucket, walkthrough.fileName);
  checkSeen(Buffer.compare(bytes, CONTENT) === 0, 'the bytes that were uploaded');
  const path = objectPath(walkthrough.bucket, walkthrough.fileName);
  const range = await session.send({ method: 'GET', path, headers: { range: 'bytes=2-11' } });
  checkSeen(range.status === 206 && new TextDecoder().decode(range.bytes) === 'photograph', '206 with ten bytes for a range');
  const stranger = await fetch(new URL(path, walkthrough.edgeUrl));
  await stranger.arrayBuffer();
  checkSeen(stranger.status === 404 || stranger.status === 403 || stranger.status === 401, 'a refusal without a token');
  return `200 gave the same ${bytes.length} bytes, a range 206; without a token it is ${stranger.status}.`;
}

async function deleteObject(walkthrough: Walkthrough): Promise<string> {
  const session = requireSession(walkthrough);
  const objectId = requireObject(walkthrough);
  await session.deleteObject(walkthrough.bucket, walkthrough.fileName);
  const download = await session.tryDownload(walkthrough.bucket, walkthrough.fileName);
  checkSeen(download.status === 404, `404 for a download after the deletion (was ${download.status})`);
  await waitForGone(session, objectId, walkthrough.bucket);
  const versions = await session.send({ method: 'GET', path: `/storage/objects/${objectId}/versions` });
  checkSeen(versions.status === 404, `404 for its versions (was ${versions.status})`);
  return '204; the download is 404, and OBJECT_DELETED removed metadata and versions.';
}

async function deleteBucket(walkthrough: Walkthrough): Promise<string> {
  const session = requireSession(walkthrough);
  await session.deleteBucket(walkthrough.bucket);
  await waitUntil('the metadata of all its objects to go', async () => {
    const { items } = await session.search({ bucket: walkthrough.bucket });
    return items.length === 0 ? true : undefined;
  });
  const download = await session.tryDownload(walkthrough.bucket, 'before-versioning.txt');
  checkSeen(download.status === 404, `404 for the object left in it (was ${download.status})`);
  return '204; BUCKET_DELETED took the object left in it, and its metadata followed.';
}

async function deliverAgain(walkthrough: Walkthrough): Promise<string> {
  const session = requireSession(walkthrough);
  const bucket = `${walkthrough.bucket}-again`;
  await session.createBucket(bucket, { versioningEnabled: true });
  const { objectId } = await session.upload({ bucket, name: 'once.txt', bytes: CONTENT, tags: ['once'] });
  const before = await waitForItem(session, objectId, { bucket });
  const eventId = await walkthrough.resendCreated(objectId, 5);
  // Records of one key are handled in order: when this change shows, the five copies before it have been handled.
  await session.updateObject(bucket, 'once.txt', { description: 'behind the copies' });
  const after = await waitForItem(session, objectId, { bucket }, ({ description }) => description === 'behind the copies');
  const { items } = await session.search({ bucket });
  checkSeen(
    items.length === 1 && before.versions === 1 && after.versions === 2,
    `one object with 1 + 1 versions (${items.length}, ${after.versions})`,
  );
  checkSeen(after.tags.join() === 'once' && after.createdAt === before.createdAt, 'everything else as before');
  await session.deleteBucket(bucket);
  return `event ${eventId} was sent five times more; still one object, and only the change behind the copies added a version.`;
}

/** Waits until search shows an object as wished. */
async function waitForItem(
  session: StorageSession,
  objectId: string,
  query: { bucket: string },
  isAsWished: (item: SearchItem) => boolean = () => true,
): Promise<SearchItem> {
  return waitUntil(`object ${objectId} in the search as wished`, async () => {
    const { items } = await session.search(query);
    return items.find((item) => item.objectId === objectId && isAsWished(item));
  });
}

async function waitForGone(session: StorageSession, objectId: string, bucket: string): Promise<void> {
  await waitUntil(`object ${objectId} to leave the search`, async () => {
    const { items } = await session.search({ bucket });
    return items.some((item) => item.objectId === objectId) ? undefined : true;
  });
}

function requireObject({ objectId }: Walkthrough): string {
  if (objectId === undefined) throw new Error('nothing was uploaded');
  return objectId;
}
