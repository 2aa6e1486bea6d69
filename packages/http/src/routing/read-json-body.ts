import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import { Problem } from '../problems/problem.ts';

const DEFAULT_LIMIT_BYTES = 65_536;

export interface ReadJsonBodyOptions {
  readonly limitBytes?: number | undefined;
  /** The whole body must have come by then. */
  readonly timeoutMs: number;
}

/** The parsed body, or undefined where none was sent. @throws {Problem} 400, 408, 413 or 415. */
export type ReadJsonBody = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

export function createJsonBodyReader(options: ReadJsonBodyOptions): ReadJsonBody {
  const limitBytes = options.limitBytes ?? DEFAULT_LIMIT_BYTES;
  const parse = express.json({ limit: limitBytes, type: () => true, strict: false, verify: requireUtf8 });
  return (request, response) => {
    if (!hasBody(request)) return Promise.resolve(undefined);
    if (!isJson(request.headers['content-type'])) return Promise.reject(unsupported('The body must be application/json.'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(tooSlow(options.timeoutMs)), options.timeoutMs);
      parse(request as Parameters<typeof parse>[0], response as Parameters<typeof parse>[1], (error?: unknown) => {
        clearTimeout(timer);
        if (error) reject(bodyProblem(error, limitBytes));
        else resolve((request as { body?: unknown }).body);
      });
    });
  };
}

/** Decoders put U+FFFD for what is not UTF-8, and what is stored would not be what was sent. */
function requireUtf8(_request: unknown, _response: unknown, bytes: Buffer, encoding: string): void {
  if (encoding === 'utf-8' && !isUtf8(bytes)) throw new TypeError('the body is not UTF-8');
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType.trim());
}

/** Errors of the body parser carry a `type`; everything it can refuse is named here. */
function bodyProblem(error: unknown, limitBytes: number): Problem {
  const { type } = error as { type?: string };
  switch (type) {
    case 'entity.too.large':
      return new Problem({ kind: 'too-large', code: 'body_too_large', detail: `The body may have at most ${limitBytes} bytes.` });
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return unsupported('The body must be UTF-8, plain or compressed with gzip, deflate or br.');
    case 'request.aborted':
    case 'request.size.invalid':
      return new Problem({ kind: 'malformed', code: 'body_incomplete', detail: 'The body ended before its announced length.' });
    default:
      return new Problem({ kind: 'malformed', code: 'body_malformed', detail: 'The body is not JSON in UTF-8.' });
  }
}

function unsupported(detail: string): Problem {
  return new Problem({ kind: 'unsupported-media-type', code: 'unsupported_media_type', detail });
}

function tooSlow(timeoutMs: number): Problem {
  return new Problem({
    kind: 'timeout',
    code: 'body_too_slow',
    detail: `The body did not arrive within ${timeoutMs / 1000} s.`,
    headers: { connection: 'close' },
  });
}
