import { unknownIn } from './metric-labels.ts';

describe('unknownIn', () => {
  it.each([
    ['sum by (queue) (queue_messages{state="visible"})', []],
    ['rate(http_server_request_duration_seconds_count{http_route="/x"}[1m])', []],
    ['queue_message', ['queue_message']],
    ['http_server_request_duration_seconds', ['http_server_request_duration_seconds']],
    ['queue_dead_letters_bucket', ['queue_dead_letters_bucket']],
    ['queue_messages{reason="x"}', ['queue_messages{reason}']],
    ['sum by (tier) (queue_messages)', ['tier']],
    ['time()', ['no metric at all']],
  ])('%s', (expr, unknown) => {
    expect(unknownIn(expr)).toEqual(unknown);
  });
});
