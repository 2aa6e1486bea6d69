import type { FileHandle } from 'node:fs/promises';
import { writeHashed } from './write-hashed.ts';

const MEBIBYTE = 1024 * 1024;

describe('writeHashed', () => {
  it('syncs on the way, so that little is left for the end', async () => {
    let writtenBytes = 0;
    const syncedAt: number[] = [];
    const file = {
      writev: async (chunks: readonly Buffer[]) => {
        const bytesWritten = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        writtenBytes += bytesWritten;
        return { bytesWritten };
      },
      datasync: async () => void syncedAt.push(writtenBytes / MEBIBYTE),
    };
    async function* source() {
      for (let index = 0; index < 130; index += 1) yield Buffer.alloc(MEBIBYTE);
    }
    const result = await writeHashed(source(), file as unknown as FileHandle, 1e9);
    expect(result).toMatchObject({ size: 130 * MEBIBYTE });
    expect(syncedAt).toEqual([64, 128]);
  });
});
