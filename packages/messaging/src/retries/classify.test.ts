import { EVENT_ERROR_CODES, EventError } from '@throughline/events';
import { classify } from './classify.ts';

const fetchFailed = Object.assign(new TypeError('fetch failed'), {
  cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
});

describe('classify', () => {
  it.each([
    ['an undecodable record', new EventError('DECODING_FAILED', ''), 'dead-letter', 'decoding'],
    ['broken headers', new EventError('HEADERS_INVALID', ''), 'dead-letter', 'decoding'],
    ['a broken contract', new EventError('CONTRACT_VIOLATED', ''), 'dead-letter', 'contract'],
    ['no contract', new EventError('CONTRACT_UNKNOWN', ''), 'dead-letter', 'contract'],
    ['too many attempts', new EventError('ATTEMPTS_EXHAUSTED', ''), 'dead-letter', 'attempts'],
    ['a timeout', new EventError('HANDLER_TIMEOUT', '', { retryable: true }), 'unknown', 'timeout'],
    ['a store that is away', new EventError('STORE_UNAVAILABLE', '', { retryable: true }), 'systemic', 'handler'],
    ['a deadlock', new EventError('TRANSACTION_CONFLICT', '', { retryable: true }), 'transient', 'handler'],
    ['a shutdown', new EventError('SHUTTING_DOWN', '', { retryable: true }), 'systemic', 'handler'],
    ['a cluster that does not answer', new EventError('CLUSTER_UNAVAILABLE', '', { retryable: true }), 'systemic', 'handler'],
    ['a cluster that refuses', new EventError('CLUSTER_REFUSED', ''), 'dead-letter', 'handler'],
    ['a component that is not there', new EventError('COMPONENT_UNKNOWN', ''), 'dead-letter', 'handler'],
    ['a rollout that takes long', new EventError('ROLLOUT_INCOMPLETE', '', { retryable: true }), 'transient', 'handler'],
    ['a broker that is away', new EventError('SEND_FAILED', '', { retryable: true }), 'transient', 'handler'],
    ['a handler’s no', new EventError('HANDLER_FAILED', ''), 'dead-letter', 'handler'],
    ['a handler’s later', new EventError('HANDLER_FAILED', '', { retryable: true }), 'transient', 'handler'],
    ['an error marked retryable', Object.assign(new Error('x'), { retryable: true }), 'transient', 'handler'],
    ['an error marked not retryable', Object.assign(new Error('x'), { retryable: false }), 'dead-letter', 'handler'],
    ['a mistake in code', new TypeError('x is undefined'), 'dead-letter', 'handler'],
    ['a network error inside a TypeError', fetchFailed, 'transient', 'handler'],
    ['an error of no kind', new Error('boom'), 'unknown', 'handler'],
    ['a string', 'boom', 'unknown', 'handler'],
    ['nothing', undefined, 'unknown', 'handler'],
  ])('%s', (_, error, fate, reason) => {
    expect(classify(error)).toEqual({ fate, reason });
  });

  it('knows every code', () => {
    for (const code of EVENT_ERROR_CODES) expect(classify(new EventError(code, '')).fate).toEqual(expect.any(String));
  });
});
