import { headerText } from '@throughline/events';
import { bytes, recordOf, thing } from '../../test/fixtures.ts';
import { createManualClock, type ManualClock } from '../../test/manual-clock.ts';
import { counting, KEY, openWith } from '../../test/one-event.ts';
import { GROUP } from '../../test/open-pipeline.ts';
import type { ClaimStore } from '../claim-store.ts';
import type { IncomingRecord } from '../record.ts';
import { RETRY_HEADERS } from '../retries/retry-headers.ts';

/** As a process does that a handler killed: takes the claim and never gives it back. */
async function claimAndDie(claims: ClaimStore, clock: ManualClock): Promise<void> {
  const [claim] = await claims.claim([KEY]);
  expect(claim?.outcome).toBe('claimed');
  await clock.advance(claims.leaseMs + 1);
}

describe('an event that kills the process', () => {
  it('is a dead letter after as many claims as it has tries, without being begun again', async () => {
    const clock = createManualClock();
    const { attempts, handler } = counting();
    const { deliver, claims, inbox } = await openWith(handler, { retry: { inlineTries: 2, delays: ['5s'] }, clock });
    for (let kill = 0; kill < 4; kill += 1) await claimAndDie(claims, clock);
    expect(await deliver(recordOf(thing()))).toBe('dead-lettered');
    expect(attempts).toEqual([]);
    expect(inbox.deadLetters).toMatchObject([{ reason: 'attempts', attempts: 5 }]);
  });
});

describe('an event whose tries ended with their process', () => {
  const QUEUE = { inlineTries: 1, delays: ['1s', '4s', '16s'] };

  it.each([
    ['where it first came', 'things.v1', 3],
    ['in a retry topic', `${GROUP}.retry.1s`, 2],
  ])('is a dead letter after the try that equals the limit: %s', async (_, topic, kills) => {
    const clock = createManualClock();
    const { attempts, handler } = counting(() => {
      throw new Error('boom');
    });
    const { deliver, claims, inbox, driver } = await openWith(handler, { retry: QUEUE, clock });
    let record = recordOf(thing());
    if (topic !== record.topic) {
      expect(await deliver(record)).toBe('retried');
      record = driver.records(topic)[0] as IncomingRecord;
    }
    for (let kill = 0; kill < kills; kill += 1) await claimAndDie(claims, clock);
    expect(await deliver(record)).toBe('dead-lettered');
    expect(attempts.at(-1)).toBe(4);
    expect(inbox.deadLetters).toMatchObject([{ reason: 'attempts', attempts: 4, error: { message: 'boom' } }]);
  });

  it('goes on in the next tier while it has tries left', async () => {
    const clock = createManualClock();
    const { attempts, handler } = counting(() => {
      throw new Error('boom');
    });
    const { deliver, claims, inbox } = await openWith(handler, { retry: QUEUE, clock });
    for (let kill = 0; kill < 2; kill += 1) await claimAndDie(claims, clock);
    expect([await deliver(recordOf(thing())), attempts, inbox.deadLetters]).toEqual(['retried', [3], []]);
  });

  it('has its last try in place, too, when it equals the limit', async () => {
    const clock = createManualClock();
    const { attempts, handler } = counting(() => {
      throw new Error('boom');
    });
    const { deliver, claims } = await openWith(handler, { retry: { inlineTries: 2, delays: ['5s'] }, clock });
    for (let kill = 0; kill < 3; kill += 1) await claimAndDie(claims, clock);
    expect([await deliver(recordOf(thing())), attempts]).toEqual(['dead-lettered', [4]]);
  });

  it('says so when it was time that ran out', async () => {
    const { deliver, inbox, driver } = await openWith(() => new Promise(() => {}), {
      handlerTimeoutMs: 10,
      retry: { inlineTries: 1, delays: ['1s', '4s'] },
    });
    let record = recordOf(thing());
    for (const delay of ['1s', '4s']) {
      expect(await deliver(record)).toBe('retried');
      record = driver.records(`${GROUP}.retry.${delay}`)[0] as IncomingRecord;
    }
    expect(await deliver(record)).toBe('dead-lettered');
    expect(inbox.deadLetters).toMatchObject([{ reason: 'timeout', attempts: 3 }]);
  });
});

describe('a dead letter for tries that are used up', () => {
  it('tells of the last failure, in place and from the retry topic before', async () => {
    const clock = createManualClock();
    const { deliver, inbox, driver, claims } = await openWith(
      async () => {
        throw new Error('redis://:hunter2@cache is full');
      },
      { retry: { inlineTries: 2, delays: ['5s'] }, clock },
    );
    const delivered = deliver(recordOf(thing()));
    for (let turn = 0; turn < 10; turn += 1) await clock.advance(1);
    expect(await delivered).toBe('retried');
    const [retry] = driver.records(`${GROUP}.retry.5s`);
    expect(headerText(retry?.headers ?? {}, RETRY_HEADERS.lastError)).toBe('Error: redis://[redacted]@cache is full');
    for (let kill = 0; kill < 2; kill += 1) await claimAndDie(claims, clock);
    expect(await deliver(retry as IncomingRecord)).toBe('dead-lettered');
    expect(inbox.deadLetters).toMatchObject([{ reason: 'attempts', error: { class: 'EventError:ATTEMPTS_EXHAUSTED' } }]);
    expect(inbox.deadLetters[0]?.error.message).toContain('the last failure was Error: redis://[redacted]@cache is full');
  });
});

describe('an event that was copied from the dead letters to its topic', () => {
  it('is handled, with all its tries', async () => {
    const { attempts, handler } = counting();
    const { deliver } = await openWith(handler);
    const copied = bytes({
      [RETRY_HEADERS.originalTopic]: 'things.v1',
      [RETRY_HEADERS.originalOffset]: '5',
      [RETRY_HEADERS.attempts]: '12',
    });
    expect(await deliver(recordOf(thing(), { headers: { ...recordOf(thing()).headers, ...copied } }))).toBe('handled');
    expect(attempts).toEqual([1]);
  });
});
