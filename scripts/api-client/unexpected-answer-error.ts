import type { ApiReply, ApiRequest } from './send-request.ts';

/** An answer with another status than the one that the caller needs to go on. */
export class UnexpectedAnswerError extends Error {
  readonly status: number;

  constructor(request: ApiRequest, reply: ApiReply, expected: readonly number[]) {
    const text = new TextDecoder().decode(reply.bytes.subarray(0, 600));
    super(`${request.method} ${request.path} answered ${reply.status}, expected ${expected.join(' or ')}: ${text}`);
    this.name = 'UnexpectedAnswerError';
    this.status = reply.status;
  }
}
