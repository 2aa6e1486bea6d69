import { type ApiReply, type ApiRequest, sendRequest } from './send-request.ts';
import { UnexpectedAnswerError } from './unexpected-answer-error.ts';

/** Sends a request that must be answered with one of the expected statuses. @throws {UnexpectedAnswerError} for any other. */
export async function expectStatus(baseUrl: string, request: ApiRequest, expected: readonly number[]): Promise<ApiReply> {
  const reply = await sendRequest(baseUrl, request);
  if (!expected.includes(reply.status)) throw new UnexpectedAnswerError(request, reply, expected);
  return reply;
}
