import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import { connect } from 'node:net';
import { waitFor } from '@throughline/testing';
import { type RunningObjectService, startObjectService } from '../../test/start-object-service.ts';
import { clientOf } from '../../test/storage-client.ts';

describe('an upload that cannot be finished', () => {
  const disk: { fault: string | undefined } = { fault: undefined };
  let service: RunningObjectService;
  let ownerId: string;
  let user: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    const open: typeof fs.open = async (...args) => {
      const handle = await fs.open(...args);
      const writev = handle.writev.bind(handle);
      handle.writev = async (buffers) => {
        if (disk.fault !== undefined) throw Object.assign(new Error('injected'), { code: disk.fault });
        return writev(buffers);
      };
      return handle;
    };
    service = await startObjectService({ files: { ...fs, open } });
  });

  afterAll(() => service.stop());

  beforeEach(() => {
    ownerId = randomUUID();
    user = clientOf(service.url, ownerId);
    disk.fault = undefined;
  });

  const eventsOfUser = async () => (await service.events()).filter((event) => event.ownerId === ownerId);

  it('answers 507 when the disk is full, and keeps nothing', async () => {
    service.bucketService.create(ownerId, 'photos');
    const before = (await service.files()).length;
    disk.fault = 'ENOSPC';
    const answer = await user.put('/storage/buckets/photos/objects/a', 'x');
    expect([answer.status, answer.json().code]).toEqual([507, 'storage_full']);
    expect((await service.files()).length).toBe(before);
    disk.fault = undefined;
    expect((await user.put('/storage/buckets/photos/objects/a', 'x')).status).toBe(201);
  });

  it('leaves nothing of an upload that is cut off midway', async () => {
    service.bucketService.create(ownerId, 'photos');
    const before = (await service.files()).length;
    const socket = connect(service.port, '127.0.0.1');
    socket.write(
      `PUT /storage/buckets/photos/objects/cut HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ownerId}\r\ncontent-length: 1500000\r\n\r\n`,
    );
    socket.write(Buffer.alloc(700_000));
    await waitFor(async () => (await service.files()).length > before, {
      description: 'its file',
    });
    socket.destroy();
    await waitFor(async () => (await service.files()).length === before, { description: 'its file to be removed' });
    await waitFor(async () => (await service.database.query('select 1 from uploads')).length === 0, {
      description: 'the upload to be forgotten',
    });
    expect((await user.get('/storage/buckets/photos/objects/cut')).status).toBe(404);
    expect(await eventsOfUser()).toEqual([]);
  });

  it('does not commit an upload that the sweeper took for dead', async () => {
    service.bucketService.create(ownerId, 'photos');
    const socket = connect(service.port, '127.0.0.1').setEncoding('utf8');
    let received = '';
    socket.on('data', (text) => {
      received += text;
    });
    socket.write(
      `PUT /storage/buckets/photos/objects/late HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ownerId}\r\ncontent-length: 2\r\n\r\na`,
    );
    await waitFor(async () => (await service.database.execute('delete from uploads')) === 1, {
      description: 'the upload to begin',
    });
    socket.write('b');
    await waitFor(() => received.includes('upload_lost'), { description: 'the refusal' });
    expect(received).toContain('HTTP/1.1 503');
    socket.destroy();
    expect((await user.get('/storage/buckets/photos/objects/late')).status).toBe(404);
  });
});
