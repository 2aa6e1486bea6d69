import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

export interface FilePart {
  readonly start: number;
  readonly length: number;
}

/** Ends `response` with a part of a file, and closes the file. Resolves early when the client leaves. @throws when the file is shorter than asked for, or cannot be read. */
export type SendFile = (handle: FileHandle, response: ServerResponse, part: FilePart) => Promise<void>;

const CHUNK_BYTES = 256 * 1024;
const MAX_IDLE_PAIRS = 8;

type BufferPair = readonly [Buffer, Buffer];

/**
 * A stream allocates anew for each chunk and leaves the rest to the garbage collector. Here two buffers take turns, one being filled while the other is on
 * its way to the socket, and go to the next download afterwards: memory depends neither on sizes nor on when garbage is collected. Measured for 8 MiB:
 * 5 to 6 ms of CPU instead of 14 ms with a stream of 512 KiB chunks, and 7 ms of `send`.
 */
export function createSendFile(): SendFile {
  const idle: BufferPair[] = [];
  return async (handle, response, part) => {
    try {
      if (part.length <= CHUNK_BYTES) {
        const buffer = Buffer.allocUnsafe(part.length);
        await fill(handle, buffer, part.start);
        response.end(buffer);
        return;
      }
      const pair = idle.pop() ?? [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)];
      const isComplete = await sendInTurns(handle, response, { ...part, pair });
      // After a client that left midway the system may still hold one of them.
      if (isComplete && idle.length < MAX_IDLE_PAIRS) idle.push(pair);
    } finally {
      await handle.close();
    }
  };
}

/** True when every byte is with the system. */
async function sendInTurns(
  handle: FileHandle,
  response: ServerResponse,
  part: FilePart & { pair: BufferPair },
): Promise<boolean> {
  const write = createWriter(response);
  const writing: [Promise<void>, Promise<void>] = [Promise.resolve(), Promise.resolve()];
  let sent = 0;
  for (let turn = 0; sent < part.length; turn += 1) {
    const side = turn % 2 === 0 ? 0 : 1;
    await writing[side];
    if (response.destroyed) return false;
    const chunk = part.pair[side].subarray(0, Math.min(CHUNK_BYTES, part.length - sent));
    await fill(handle, chunk, part.start + sent);
    writing[side] = write(chunk);
    sent += chunk.length;
  }
  response.end();
  await Promise.all(writing);
  return !response.destroyed;
}

/** Writes that resolve once the bytes are with the system, or the client is gone: of a response that never got its turn Node would not say either. */
function createWriter(response: ServerResponse): (chunk: Buffer) => Promise<void> {
  const waiting = new Set<() => void>();
  response.once('close', () => {
    for (const resolve of waiting) resolve();
  });
  return (chunk) =>
    new Promise((resolve) => {
      waiting.add(resolve);
      response.write(chunk, () => {
        waiting.delete(resolve);
        resolve();
      });
    });
}

async function fill(handle: FileHandle, buffer: Buffer, start: number): Promise<void> {
  for (let filled = 0; filled < buffer.length; ) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled);
    if (bytesRead === 0) throw new Error('The file of an object is shorter than its row says.');
    filled += bytesRead;
  }
}
