import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const BLOCK_BYTES = 1_024 * 1_024;

export interface StreamTarget {
  readonly url: URL;
  readonly token: string;
}

/** Uploads `totalBytes` (whole MiB) of content that is made on the way; returns its SHA-256. @throws {Error} for another answer than 201. */
export async function streamUp({ url, token }: StreamTarget, totalBytes: number): Promise<string> {
  const hash = createHash('sha256');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream', 'content-length': totalBytes };
  const outgoing = request(url, { method: 'PUT', headers });
  const answered = new Promise<void>((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 201 ? resolve() : reject(new Error(`the upload answered ${response.statusCode}`)),
      );
    });
  });
  await Promise.all([pipeline(Readable.from(blocks(totalBytes, (block) => hash.update(block))), outgoing), answered]);
  return hash.digest('hex');
}

/** Downloads without keeping anything; returns size and SHA-256. @throws {Error} for another answer than 200. */
export async function streamDown({ url, token }: StreamTarget): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (response.status !== 200 || response.body === null) throw new Error(`the download answered ${response.status}`);
  for await (const chunk of response.body) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Blocks that differ from each other, so that nothing on the way can be the same page twice. */
function* blocks(totalBytes: number, onBlock: (block: Buffer) => void): Generator<Buffer> {
  const pattern = randomBytes(BLOCK_BYTES);
  for (let sent = 0; sent < totalBytes; sent += BLOCK_BYTES) {
    const block = Buffer.from(pattern);
    block.writeBigUInt64BE(BigInt(sent));
    onBlock(block);
    yield block;
  }
}
