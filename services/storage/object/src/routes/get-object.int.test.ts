import { createHash, randomUUID } from 'node:crypto';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { clientOf } from '../../test/storage-client.ts';

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('GET and HEAD an object', () => {
  const content = 'The quick brown fox';
  const large = Buffer.alloc(3_000_000, 'throughline');
  let service: RunningObjectService;
  let ownerId: string;
  let owner: ReturnType<typeof clientOf>;
  let path: string;
  const anybody = () => clientOf(service.url);
  const stranger = () => clientOf(service.url, randomUUID());
  const ofUser = () => path.replace('/storage/', `/storage/users/${ownerId}/`);

  beforeAll(async () => {
    service = await startObjectService();
  });

  afterAll(() => service.stop());

  beforeEach(async () => {
    ownerId = randomUUID();
    owner = clientOf(service.url, ownerId);
    const bucket = `b-${randomUUID().slice(0, 8)}`;
    service.bucketService.create(ownerId, bucket);
    path = `/storage/buckets/${bucket}/objects/fox.txt`;
    await owner.put(path, content, { 'content-type': 'text/plain; charset=utf-8' });
  });

  it('sends bytes, validators and headers that keep them inert', async () => {
    const answer = await owner.get(path);
    expect([answer.status, answer.bytes.toString()]).toEqual([200, content]);
    const headers = Object.fromEntries(answer.headers);
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '19',
      etag: `"${sha256(content)}"`,
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'content-disposition': "inline; filename*=UTF-8''fox.txt",
      'cache-control': 'private, no-cache',
      'x-object-owner': ownerId,
      'x-object-access': 'PRIVATE',
    });
    expect(headers['content-security-policy']).toContain('sandbox');
    expect(Date.parse(headers['last-modified'] as string)).not.toBeNaN();
    const head = await owner.call('HEAD', path);
    expect([head.status, head.bytes.length, head.headers.get('content-length')]).toEqual([200, 0, '19']);
    expect(head.headers.get('etag')).toBe(headers.etag);
  });

  it('offers what can carry script as a download', async () => {
    const page = `${path}.html`;
    await owner.put(page, '<script>alert(1)</script>', { 'content-type': 'text/html' });
    expect((await owner.get(page)).headers.get('content-disposition')).toMatch(/^attachment;/);
  });

  it('sends nothing of an empty object', async () => {
    await owner.put(path, '');
    const answer = await owner.get(path);
    expect([answer.status, answer.bytes.length, answer.headers.get('content-length')]).toEqual([200, 0, '0']);
    expect((await owner.get(path, { range: 'bytes=0-' })).status).toBe(416);
  });

  it.each([
    ['bytes=0-3', 206, 'The ', 'bytes 0-3/19'],
    ['bytes=16-', 206, 'fox', 'bytes 16-18/19'],
    ['bytes=-3', 206, 'fox', 'bytes 16-18/19'],
    ['bytes=-100', 206, content, 'bytes 0-18/19'],
    ['bytes=4-400', 206, content.slice(4), 'bytes 4-18/19'],
    ['bytes=19-', 416, undefined, 'bytes */19'],
    ['bytes=-0', 416, undefined, 'bytes */19'],
    ['bytes=3-1', 200, content, null],
    ['bytes=0-1,4-5', 200, content, null],
    ['lines=0-1', 200, content, null],
  ])('Range %s: %i', async (range, status, body, contentRange) => {
    const answer = await owner.get(path, { range });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([status, contentRange]);
    if (body !== undefined) expect(answer.bytes.toString()).toBe(body);
    const head = await owner.call('HEAD', path, { headers: { range } });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '19']);
  });

  it('streams large objects, whole and in part', async () => {
    await owner.put(path, large);
    expect(sha256((await owner.get(path)).bytes)).toBe(sha256(large));
    const part = await owner.get(path, { range: 'bytes=1000000-2999998' });
    expect(part.bytes.equals(large.subarray(1_000_000, 2_999_999))).toBe(true);
  });

  it('goes on after a reader left midway', async () => {
    await owner.put(path, large);
    const leaving = new AbortController();
    const response = await fetch(service.url + path, { headers: { authorization: `Bearer ${ownerId}` }, signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    expect((await owner.get(path)).status).toBe(200);
  });

  it('honours conditions', async () => {
    const etag = `"${sha256(content)}"`;
    const modified = (await owner.get(path)).headers.get('last-modified') as string;
    const earlier = new Date(Date.parse(modified) - 5_000).toUTCString();
    const statusOf = async (headers: Record<string, string>) => (await owner.get(path, headers)).status;
    expect(await statusOf({ 'if-none-match': etag })).toBe(304);
    expect(await statusOf({ 'if-none-match': `W/${etag}` })).toBe(304);
    expect(await statusOf({ 'if-none-match': '*' })).toBe(304);
    expect(await statusOf({ 'if-none-match': '"other", "another"' })).toBe(200);
    expect(await statusOf({ 'if-match': etag })).toBe(200);
    expect(await statusOf({ 'if-match': '"other"' })).toBe(412);
    expect(await statusOf({ 'if-match': `W/${etag}` })).toBe(412);
    expect(await statusOf({ 'if-modified-since': modified })).toBe(304);
    expect(await statusOf({ 'if-modified-since': earlier })).toBe(200);
    expect(await statusOf({ 'if-unmodified-since': earlier })).toBe(412);
    expect(await statusOf({ 'if-none-match': '"other"', 'if-modified-since': modified })).toBe(200);
    expect(await statusOf({ range: 'bytes=0-1', 'if-range': etag })).toBe(206);
    expect(await statusOf({ range: 'bytes=0-1', 'if-range': '"other"' })).toBe(200);
    expect(await statusOf({ range: 'bytes=0-1', 'if-range': `W/${etag}` })).toBe(200);
    expect(await statusOf({ range: 'bytes=0-1', 'if-range': earlier })).toBe(200);
    const notModified = await owner.get(path, { 'if-none-match': etag });
    expect([notModified.bytes.length, notModified.headers.get('etag')]).toEqual([0, etag]);
    expect((await owner.call('HEAD', path, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('shows a PRIVATE object to its owner alone, as if there were none', async () => {
    for (const client of [anybody(), stranger()]) {
      for (const target of [path, ofUser()]) {
        const answer = await client.get(target);
        expect([answer.status, answer.json().code]).toEqual([404, 'object_not_found']);
        expect((await client.call('HEAD', target)).status).toBe(404);
      }
    }
    expect((await owner.get(ofUser())).bytes.toString()).toBe(content);
    expect((await clientOf(service.url, 'bad').get(path)).status).toBe(401);
  });

  it('shows a PUBLIC object to everybody who can name it', async () => {
    await owner.patch(path, { accessLevel: 'PUBLIC' });
    expect((await anybody().get(path)).bytes.toString()).toBe(content);
    expect((await anybody().get(path)).headers.get('x-object-owner')).toBe(ownerId);
    expect((await anybody().get(ofUser())).status).toBe(200);
    expect((await stranger().get(ofUser())).status).toBe(200);
    expect((await stranger().get(path)).status).toBe(404);
    expect((await anybody().get('/storage/users/nobody%00/buckets/photos/objects/x')).status).toBe(404);
    expect((await anybody().get('/storage/buckets/UPPER%00/objects/x')).status).toBe(404);
  });

  it('does not guess between two PUBLIC objects of one name', async () => {
    await owner.patch(path, { accessLevel: 'PUBLIC' });
    const otherId = randomUUID();
    const other = clientOf(service.url, otherId);
    service.bucketService.create(otherId, path.split('/')[3] as string);
    await other.put(path, 'of the other', { 'x-object-access': 'PUBLIC' });
    expect((await anybody().get(path)).status).toBe(404);
    expect((await other.get(path)).bytes.toString()).toBe('of the other');
    expect((await anybody().get(ofUser())).bytes.toString()).toBe(content);
    await other.patch(path, { accessLevel: 'PRIVATE' });
    expect((await anybody().get(path)).bytes.toString()).toBe(content);
  });

  it('does not publish the past of an object with it', async () => {
    const name = path.split('/')[3] as string;
    const id = randomUUID();
    const versioned = clientOf(service.url, id);
    service.bucketService.create(id, `${name}-v`, { versioningEnabled: true });
    const target = `/storage/users/${id}/buckets/${name}-v/objects/a`;
    const first = (await versioned.put(`/storage/buckets/${name}-v/objects/a`, 'secret draft')).json();
    const second = (await versioned.put(`/storage/buckets/${name}-v/objects/a`, 'final', { 'x-object-access': 'PUBLIC' })).json();
    expect((await anybody().get(`${target}?versionId=${second.versionId}`)).bytes.toString()).toBe('final');
    expect((await anybody().get(`${target}?versionId=${first.versionId}`)).status).toBe(404);
    const past = await versioned.get(`${target}?versionId=${first.versionId}`);
    expect([past.bytes.toString(), past.headers.get('cache-control')]).toEqual(['secret draft', 'private, no-cache']);
    expect((await versioned.get(target)).headers.get('cache-control')).toBe('public, no-cache');
    expect((await versioned.get(`${target}?versionId=urn:uuid:${first.versionId}`)).status).toBe(422);
  });
});
