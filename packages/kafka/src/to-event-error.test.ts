import { EventError } from '@throughline/events';
import { toEventError } from './to-event-error.ts';

const protocol = (type: string) => Object.assign(new Error(type), { type });

describe('toEventError', () => {
  it.each([
    ['MESSAGE_TOO_LARGE', 'RECORD_TOO_LARGE', false],
    ['RECORD_LIST_TOO_LARGE', 'RECORD_TOO_LARGE', false],
    ['INVALID_RECORD', 'RECORD_REJECTED', false],
    ['CORRUPT_MESSAGE', 'RECORD_REJECTED', false],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_MISSING', true],
    ['INVALID_TOPIC_EXCEPTION', 'TOPIC_MISSING', true],
    ['NOT_LEADER_FOR_PARTITION', 'SEND_FAILED', true],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'SEND_FAILED', true],
    ['TOPIC_AUTHORIZATION_FAILED', 'SEND_FAILED', true],
  ])('%s is %s', (type, code, retryable) => {
    expect(toEventError(protocol(type), 'sending')).toMatchObject({ code, retryable });
  });

  it('finds the protocol error inside of kafkajs’ wrappers', () => {
    const wrapped = new Error('retries exceeded', {
      cause: new Error('non retriable', { cause: protocol('MESSAGE_TOO_LARGE') }),
    });
    expect(toEventError(wrapped, 'sending')).toMatchObject({ code: 'RECORD_TOO_LARGE', cause: wrapped });
    const several = Object.assign(new Error('Topic errors'), { errors: [protocol('INVALID_TOPIC_EXCEPTION')] });
    expect(toEventError(several, 'creating')).toMatchObject({ code: 'TOPIC_MISSING' });
  });

  it.each([[new Error('connection closed')], ['a string'], [undefined], [null], [Object.assign(new Error('loop'), { type: 7 })]])(
    'takes what it does not know for trouble of the broker: %p',
    (error) => {
      expect(toEventError(error, 'sending')).toMatchObject({ code: 'SEND_FAILED', retryable: true });
    },
  );

  it('ends with causes in a circle, and leaves an EventError as it is', () => {
    const circle = new Error('circle');
    circle.cause = circle;
    expect(toEventError(circle, 'sending').code).toBe('SEND_FAILED');
    const own = new EventError('TOPIC_MISSING', 'x');
    expect(toEventError(own, 'sending')).toBe(own);
  });
});
