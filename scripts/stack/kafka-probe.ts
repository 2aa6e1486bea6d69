import { askTcp } from './ports.ts';

const METADATA = 3;

/**
 * Whether a broker answers a metadata request and has itself in the answer, which it has once it is no longer
 * fenced. An open port alone comes earlier.
 *
 * Request (Metadata v1): size int32, api key int16, version int16, correlation id int32, client id string, topics int32 = 0.
 * Answer: size int32, correlation id int32, number of brokers int32, …
 */
export async function answersMetadata(host: string, port: number): Promise<boolean> {
  const clientId = Buffer.from('throughline-stack');
  const body = Buffer.alloc(4 + 2 + 2 + 4 + 2 + clientId.length + 4);
  let at = body.writeInt32BE(body.length - 4, 0);
  at = body.writeInt16BE(METADATA, at);
  at = body.writeInt16BE(1, at);
  at = body.writeInt32BE(1, at);
  at = body.writeInt16BE(clientId.length, at);
  at += clientId.copy(body, at);
  body.writeInt32BE(0, at);
  const answer = await askTcp({ host, port, request: body, timeoutMs: 2_000 });
  return answer.length >= 12 && answer.readInt32BE(8) > 0;
}
