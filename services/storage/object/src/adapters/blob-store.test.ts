import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type BlobFiles, type BlobStore, createBlobStore } from './blob-store.ts';

describe('blob store', () => {
  let dataDir: string;
  const stores: BlobStore[] = [];

  beforeEach(async () => {
    dataDir = await fs.mkdtemp(path.join(os.tmpdir(), 'blob-store-'));
  });

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await fs.rm(dataDir, { recursive: true });
  });

  async function storeWith(files?: BlobFiles) {
    const store = createBlobStore({ dataDir, ...(files && { files }) });
    await store.prepare();
    stores.push(store);
    return store;
  }

  async function* chunks(count: number, bytes: number): AsyncIterable<Buffer> {
    for (let index = 0; index < count; index += 1) yield Buffer.alloc(bytes, index);
  }

  async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
    const collected: Item[] = [];
    for await (const item of items) collected.push(item);
    return collected;
  }

  async function filesLeft(): Promise<string[]> {
    const entries = await fs.readdir(dataDir, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(path.relative(dataDir, entry.parentPath), entry.name));
  }

  it('keeps what it received, hashed, under a path made of the id alone', async () => {
    const store = await storeWith();
    const blobId = randomUUID();
    const expected = Buffer.concat(await collect(chunks(70, 65_536)));
    const result = await store.receive(blobId, chunks(70, 65_536), { maxBytes: expected.length });
    expect(result).toEqual({
      outcome: 'stored',
      size: expected.length,
      etag: createHash('sha256').update(expected).digest('hex'),
    });
    expect(await filesLeft()).toEqual([path.join('blobs', blobId.slice(0, 2), blobId)]);
    const handle = await store.open(blobId);
    const stored = await handle?.readFile();
    await handle?.close();
    expect(stored?.equals(expected)).toBe(true);
  });

  it('keeps an empty body', async () => {
    const store = await storeWith();
    const result = await store.receive(randomUUID(), chunks(0, 0), { maxBytes: 10 });
    expect(result).toEqual({ outcome: 'stored', size: 0, etag: createHash('sha256').digest('hex') });
  });

  it('leaves nothing of a body above the limit', async () => {
    const store = await storeWith();
    expect(await store.receive(randomUUID(), chunks(11, 1), { maxBytes: 10 })).toEqual({ outcome: 'too-large' });
    expect(await filesLeft()).toEqual([]);
  });

  it('leaves nothing of a body that was cut off', async () => {
    const store = await storeWith();
    let pushed = 0;
    const source = new Readable({
      read() {
        pushed += 1;
        if (pushed < 50) this.push(Buffer.alloc(65_536));
        else this.destroy(new Error('gone'));
      },
    });
    await expect(store.receive(randomUUID(), source, { maxBytes: 10_000_000 })).rejects.toThrow('gone');
    expect(await filesLeft()).toEqual([]);
  });

  it.each(['ENOSPC', 'EDQUOT'])('says disk-full on %s while writing and leaves nothing', async (code) => {
    const open: BlobFiles['open'] = async (...args) => {
      const handle = await fs.open(...args);
      handle.writev = async () => {
        throw Object.assign(new Error('no space left on device'), { code });
      };
      return handle;
    };
    const store = await storeWith({ ...fs, open });
    expect(await store.receive(randomUUID(), chunks(64, 65_536), { maxBytes: 1e9 })).toEqual({ outcome: 'disk-full' });
    expect(await filesLeft()).toEqual([]);
  });

  it('says disk-full when fsync finds out and leaves nothing', async () => {
    const open: BlobFiles['open'] = async (...args) => {
      const handle = await fs.open(...args);
      if (args[1] === 'wx') {
        handle.sync = async () => {
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        };
      }
      return handle;
    };
    const store = await storeWith({ ...fs, open });
    expect(await store.receive(randomUUID(), chunks(1, 10), { maxBytes: 1e9 })).toEqual({ outcome: 'disk-full' });
    expect(await filesLeft()).toEqual([]);
  });

  it('syncs the bytes, gives them their name, syncs that, and only then answers', async () => {
    const steps: string[] = [];
    const relative = (file: unknown) => path.relative(dataDir, String(file));
    const open: BlobFiles['open'] = async (...args) => {
      const handle = await fs.open(...args);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        await sync();
        steps.push(`sync ${relative(args[0])}`);
      };
      return handle;
    };
    const rename: BlobFiles['rename'] = async (from, to) => {
      await fs.rename(from, to);
      steps.push(`rename ${relative(from)} ${relative(to)}`);
    };
    const store = await storeWith({ ...fs, open, rename });
    steps.length = 0;
    const blobId = randomUUID();
    await store.receive(blobId, chunks(1, 10), { maxBytes: 10 });
    const folder = path.join('blobs', blobId.slice(0, 2));
    const temporary = path.join(folder, `${blobId}.part`);
    expect(steps).toEqual([`sync ${temporary}`, `rename ${temporary} ${path.join(folder, blobId)}`, `sync ${folder}`]);
  });

  it.each(['rename', 'sync of the folder'])('leaves nothing when the %s fails', async (step) => {
    const fail = async () => {
      throw Object.assign(new Error('broken'), { code: 'EIO' });
    };
    let isPrepared = false;
    const open: BlobFiles['open'] = async (...args) => {
      const handle = await fs.open(...args);
      const sync = handle.sync.bind(handle);
      if (args[1] === 'r' && step !== 'rename') handle.sync = () => (isPrepared ? fail() : sync());
      return handle;
    };
    const store = await storeWith({ ...fs, open, ...(step === 'rename' && { rename: fail }) });
    isPrepared = true;
    await expect(store.receive(randomUUID(), chunks(1, 10), { maxBytes: 10 })).rejects.toThrow('broken');
    expect(await filesLeft()).toEqual([]);
  });

  it('finishes a write that the system cut short', async () => {
    const open: BlobFiles['open'] = async (...args) => {
      const handle = await fs.open(...args);
      handle.writev = async (buffers) => {
        const { bytesWritten } = await handle.write(buffers[0] as Buffer, 0, 7);
        return { bytesWritten, buffers };
      };
      return handle;
    };
    const store = await storeWith({ ...fs, open });
    const blobId = randomUUID();
    const expected = Buffer.concat(await collect(chunks(3, 10)));
    expect(await store.receive(blobId, chunks(3, 10), { maxBytes: 1e9 })).toMatchObject({ outcome: 'stored', size: 30 });
    const handle = await store.open(blobId);
    const stored = await handle?.readFile();
    await handle?.close();
    expect(stored).toEqual(expected);
  });

  it('refuses an id that is not a UUID', async () => {
    const store = await storeWith();
    await expect(store.open('../../etc/passwd')).rejects.toThrow(TypeError);
    await expect(store.remove('../x')).rejects.toThrow(TypeError);
  });

  it('removes, opens nothing then, and lists what is there in batches', async () => {
    const store = await storeWith();
    const ids = Array.from({ length: 5 }, () => randomUUID());
    for (const id of ids) await store.receive(id, chunks(1, 1), { maxBytes: 1 });
    await fs.writeFile(path.join(dataDir, 'blobs', 'not-ours.txt'), '');
    const half = randomUUID();
    await fs.writeFile(path.join(dataDir, 'blobs', half.slice(0, 2), `${half}.part`), 'half');
    expect(await store.open(half)).toBeUndefined();
    for (const id of [half, ids[0] as string])
      expect((await store.modifiedAt(id))?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(await store.modifiedAt(randomUUID())).toBeUndefined();
    const batches = await collect(store.list(4));
    expect(batches.map((batch) => batch.length)).toEqual([4, 2]);
    expect(batches.flat().sort()).toEqual([...ids, half].sort());
    await store.remove(half);
    await store.remove(ids[0] as string);
    await store.remove(ids[0] as string);
    expect(await store.open(ids[0] as string)).toBeUndefined();
    expect((await collect(store.list(10))).flat().sort()).toEqual(ids.slice(1).sort());
  });
});
