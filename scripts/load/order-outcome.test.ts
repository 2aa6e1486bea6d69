import type { LaneOutcome } from './http-lane.ts';
import { orderOutcome } from './order-outcome.ts';

function answered(status: number, { headers = '', body = '' }: { headers?: string; body?: string } = {}): LaneOutcome {
  return { kind: 'answered', answer: { status, head: `HTTP/1.1 ${status} Text${headers}`, body, bodyBytes: body.length } };
}

const problem = (code: string) => ({ body: `{"status":503,"code":"${code}","traceId":"1"}` });

describe('orderOutcome', () => {
  it('takes 200 with an event id as accepted, and nothing else', () => {
    const accepted = answered(200, { headers: '\r\nX-Event-Id: event-1\r\nContent-Length: 2' });
    expect(orderOutcome(accepted)).toEqual({ kind: 'accepted', eventId: 'event-1' });
    expect(orderOutcome(answered(200))).toEqual({ kind: 'unknown', reason: '200' });
  });

  it.each([
    ['a refused field', answered(422, problem('validation_failed')), { kind: 'refused', reason: '422 validation_failed' }],
    ['a client above its rate', answered(429, problem('rate_limited')), { kind: 'refused', reason: '429 rate_limited' }],
    ['too many under way', answered(503, problem('overloaded')), { kind: 'unavailable', reason: '503 overloaded' }],
    ['no connection', { kind: 'not-sent', reason: 'ECONNREFUSED' }, { kind: 'unavailable', reason: 'ECONNREFUSED' }],
    ['not published in time', answered(503, problem('publish_failed')), { kind: 'unknown', reason: '503 publish_failed' }],
    ['a 503 of somebody else', answered(503), { kind: 'unknown', reason: '503' }],
    [
      'a gateway without an answer',
      answered(502, problem('upstream_failed')),
      { kind: 'unknown', reason: '502 upstream_failed' },
    ],
    ['a broken connection', { kind: 'no-answer', reason: 'ECONNRESET' }, { kind: 'unknown', reason: 'ECONNRESET' }],
  ] as const)('tells what is certain of %s', (_, outcome, expected) => {
    expect(orderOutcome(outcome)).toEqual(expected);
  });
});
