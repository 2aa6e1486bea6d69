import { createHash, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { waitFor } from '@throughline/testing';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { clientOf } from '../../test/storage-client.ts';

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

function formOf(parts: readonly (readonly [string, string] | readonly [string, string, string])[]): FormData {
  const form = new FormData();
  for (const [name, value, fileName] of parts) {
    if (fileName === undefined) form.append(name, value);
    else form.append(name, new Blob([value], { type: 'text/plain' }), fileName);
  }
  return form;
}

describe('POST an object', () => {
  const path = '/storage/buckets/photos/objects';
  let service: RunningObjectService;
  let ownerId: string;
  let user: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    service = await startObjectService({ maxObjectBytes: 1_000_000 });
  });

  afterAll(() => service.stop());

  beforeEach(() => {
    ownerId = randomUUID();
    user = clientOf(service.url, ownerId);
    service.bucketService.create(ownerId, 'photos');
  });

  const eventsOfUser = async () => (await service.events()).filter((event) => event.ownerId === ownerId);

  it.each([
    ['before', true],
    ['after', false],
  ])('takes a form whose fields come %s the file', async (_, isBefore) => {
    const fields = [
      ['description', 'Ein Bild aus München'],
      ['tags', 'images, travel'],
      ['accessLevel', 'PUBLIC'],
    ] as const;
    const file = ['file', 'content', 'ä b.txt'] as const;
    const answer = await user.post(path, formOf(isBefore ? [...fields, file] : [file, ...fields]));
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({ bucketName: 'photos', fileName: 'ä b.txt', size: 7, etag: sha256('content') });
    expect(answer.headers.get('location')).toBe('/storage/buckets/photos/objects/%C3%A4%20b.txt');
    const [event] = await eventsOfUser();
    expect(event?.payload).toMatchObject({
      description: 'Ein Bild aus München',
      tags: ['images', 'travel'],
      accessLevel: 'PUBLIC',
      contentType: 'text/plain',
    });
  });

  it('reports every fault of a form at once, and keeps nothing of its file', async () => {
    const before = (await service.files()).length;
    const answer = await user.post(
      path,
      formOf([
        ['file', 'content', '../x'],
        ['file', 'another', 'y'],
        ['accessLevel', 'nobody'],
        ['colour', 'red'],
        ['description', 'x'.repeat(2049)],
      ]),
    );
    expect([answer.status, answer.json().code]).toEqual([422, 'validation_failed']);
    const fields = (answer.json().errors as { field: string }[]).map((error) => error.field);
    expect(fields.sort()).toEqual(['body/accessLevel', 'body/colour', 'body/description', 'body/file', 'body/file/filename']);
    expect((await user.post(path, formOf([['tags', 'a']]))).json().errors).toEqual([
      { field: 'body/file', message: 'must be given' },
    ]);
    const manyTags = Array.from({ length: 21 }, (_, index): [string, string] => ['tags', `t${index}`]);
    expect((await user.post(path, formOf([['file', 'x', 'a'], ...manyTags]))).json().errors[0]).toEqual({
      field: 'body',
      message: 'must have at most 20 fields',
    });
    const longest = Array.from({ length: 50 }, (_, index) => `${index}`.padEnd(128, '\u4e2d')).join(',');
    expect(
      (
        await user.post(
          path,
          formOf([
            ['file', 'x', '../a'],
            ['tags', longest],
          ]),
        )
      ).json().errors,
    ).toHaveLength(1);
    const withoutFileName = new FormData();
    withoutFileName.set('file', 'text');
    expect((await user.post(path, withoutFileName)).json().errors[0]).toEqual({
      field: 'body/file',
      message: 'must be a file: its part needs a filename',
    });
    expect((await service.files()).length).toBe(before);
  });

  it('refuses what is no form, a broken form, a file too large, and an unknown bucket', async () => {
    const before = (await service.files()).length;
    const json = await user.call('POST', path, { body: '{}', headers: { 'content-type': 'application/json' } });
    expect([json.status, json.json().code]).toEqual([415, 'unsupported_media_type']);
    const broken = await user.call('POST', path, {
      body: '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\ncontent',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    });
    expect([broken.status, broken.json().code]).toEqual([400, 'multipart_malformed']);
    const large = await user.post(path, formOf([['file', 'x'.repeat(1_000_001), 'a']]));
    expect([large.status, large.json().code]).toEqual([413, 'object_too_large']);
    const unknown = await user.post('/storage/buckets/unknown/objects', formOf([['file', 'x', 'a']]));
    expect([unknown.status, unknown.json().code]).toEqual([404, 'bucket_not_found']);
    expect((await service.files()).length).toBe(before);
  });

  it('does not read on and on what is not the file', async () => {
    const form = formOf([['other', 'x'.repeat(4_000_000), 'a']]);
    form.append('accessLevel', 'nobody');
    // Under a key nothing is refused by its announced length.
    const refused = await user.post(path, form, { 'idempotency-key': randomUUID() });
    expect(refused.status).toBe(422);
    // Of accessLevel, which comes after the limit, nothing is said.
    expect(refused.json().errors).toEqual([{ field: 'body/other', message: 'is not known; the file is called file' }]);
  });

  it('stores once what is sent twice under one Idempotency-Key', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const form = () =>
      formOf([
        ['tags', 'a'],
        ['file', 'content', 'once.txt'],
      ]);
    const first = await user.post(path, form(), key);
    expect(first.status).toBe(201);
    const files = (await service.files()).length;
    const second = await user.post(path, form(), key);
    expect([second.status, second.json()]).toEqual([201, first.json()]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect((await service.files()).length).toBe(files);
    expect(await eventsOfUser()).toHaveLength(1);
    for (const other of [
      formOf([
        ['tags', 'a'],
        ['file', 'other', 'once.txt'],
      ]),
      formOf([
        ['tags', 'b'],
        ['file', 'content', 'once.txt'],
      ]),
    ]) {
      const refused = await user.post(path, other, key);
      expect([refused.status, refused.json().code]).toEqual([422, 'idempotency_key_reused']);
    }
    expect((await user.get(`${path}/once.txt`)).bytes.toString()).toBe('content');
  });

  it('does not spend the Idempotency-Key of an upload that was cut off', async () => {
    const key = randomUUID();
    const before = (await service.files()).length;
    const socket = connect(service.port, '127.0.0.1');
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ownerId}\r\nidempotency-key: ${key}\r\ncontent-length: 900000`;
    socket.write(`${head}\r\ncontent-type: multipart/form-data; boundary=b\r\n\r\n`);
    socket.write('--b\r\ncontent-disposition: form-data; name="file"; filename="cut.txt"\r\n\r\n');
    socket.write(Buffer.alloc(500_000));
    await waitFor(async () => (await service.files()).length > before, {
      description: 'its file',
    });
    socket.destroy();
    await waitFor(async () => (await service.files()).length === before, { description: 'its file to be removed' });
    const form = () => formOf([['file', 'content', 'cut.txt']]);
    const again = await waitFor(
      async () => {
        const answer = await user.post(path, form(), { 'idempotency-key': key });
        return answer.status === 409 ? undefined : answer;
      },
      { description: 'the key to be free' },
    );
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBeNull();
  });
});
