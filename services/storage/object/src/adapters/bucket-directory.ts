import http from 'node:http';
import https from 'node:https';
import type { BucketStatement } from './bucket-rows.ts';
import { inBatches } from './in-batches.ts';

export type BucketAnswer =
  | { readonly outcome: 'found'; readonly bucket: BucketStatement }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'unavailable'; readonly cause: unknown };

/** Asks who owns the truth about buckets. */
export interface BucketDirectory {
  /** The owner's present bucket of that name, asked after the call began; those who want to know the same at once share a question. Does not throw. */
  find(ownerId: string, name: string): Promise<BucketAnswer>;
  close(): void;
}

interface Question {
  readonly ownerId: string;
  readonly name: string;
}

const MAX_ANSWER_BYTES = 65_536;

/** The bucket service at `baseUrl` (http or https), over kept-alive connections; no answer within `timeoutMs` (default: 2 000) counts as unavailable. */
export function createBucketDirectory(options: { baseUrl: string; internalToken: string; timeoutMs?: number }): BucketDirectory {
  const transport = options.baseUrl.startsWith('https:') ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxSockets: 64 });
  const timeoutMs = options.timeoutMs ?? 2_000;

  async function ask(url: URL): Promise<{ status: number; text: string }> {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      transport
        .get(url, { agent, signal, headers: { 'x-internal-token': options.internalToken } }, resolve)
        .once('error', reject);
    });
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MAX_ANSWER_BYTES) throw new Error('the answer of the bucket service is too large');
    }
    return { status: response.statusCode ?? 0, text };
  }

  async function askTwice(url: URL): Promise<{ status: number; text: string }> {
    try {
      return await ask(url);
    } catch (error) {
      // A kept-alive connection that the server closed at the same moment; a GET may be sent again.
      if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return ask(url);
      throw error;
    }
  }

  async function answerTo({ ownerId, name }: Question): Promise<BucketAnswer> {
    const url = new URL(`${options.baseUrl.replace(/\/$/, '')}/internal/buckets`);
    url.searchParams.set('ownerId', ownerId);
    url.searchParams.set('name', name);
    const askedAt = new Date().toISOString();
    try {
      return interpret(await askTwice(url), askedAt);
    } catch (error) {
      return { outcome: 'unavailable', cause: error };
    }
  }

  const underway = new Map<string, { readonly ask: (question: Question) => Promise<BucketAnswer>; callers: number }>();

  return {
    async find(ownerId, name) {
      const key = `${ownerId}/${name}`;
      const bucket = underway.get(key) ?? {
        ask: inBatches(([question]: readonly [Question, ...Question[]]) => answerTo(question)),
        callers: 0,
      };
      underway.set(key, bucket);
      bucket.callers += 1;
      try {
        return await bucket.ask({ ownerId, name });
      } finally {
        bucket.callers -= 1;
        if (bucket.callers === 0) underway.delete(key);
      }
    },

    close: () => agent.destroy(),
  };
}

function interpret({ status, text }: { status: number; text: string }, askedAt: string): BucketAnswer {
  const body = JSON.parse(text) as Record<string, unknown>;
  // A 404 of another making (a wrong address, a proxy) must not be told to users as a missing bucket.
  if (status === 404 && body.code === 'bucket_not_found') return { outcome: 'absent' };
  if (status !== 200) throw new Error(`the bucket service answered ${status}`);
  const { bucketId, ownerId, name, versioningEnabled, revision, createdAt } = body;
  if (typeof bucketId !== 'string' || typeof ownerId !== 'string' || typeof name !== 'string')
    throw new Error('the answer names no bucket');
  if (typeof versioningEnabled !== 'boolean' || typeof revision !== 'number' || typeof createdAt !== 'string')
    throw new Error('the answer does not describe the bucket');
  return { outcome: 'found', bucket: { bucketId, ownerId, name, versioningEnabled, revision, createdAt, asOf: askedAt } };
}
