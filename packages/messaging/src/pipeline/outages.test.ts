import { EventError } from '@throughline/events';
import { recordOf, thing } from '../../test/fixtures.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import { counting, KEY, openWith, transient } from '../../test/one-event.ts';
import { GROUP } from '../../test/open-pipeline.ts';

describe('trouble that is not the event’s', () => {
  it('keeps the record in its place while the inbox is away, and burns no attempts', async () => {
    const { attempts, handler } = counting();
    const { deliver, inbox, driver } = await openWith(handler, { retry: { inlineTries: 1, delays: ['5s'] } });
    inbox.isAvailable = false;
    for (let round = 0; round < 5; round += 1)
      await expect(deliver(recordOf(thing()))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    inbox.isAvailable = true;
    expect(inbox.deadLetters).toEqual([]);
    expect(driver.records(`${GROUP}.retry.5s`)).toEqual([]);
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([1]);
  });

  it('keeps the record in its place when the retry topic cannot be written', async () => {
    const { deliver, driver } = await openWith(async () => {
      throw transient();
    });
    driver.isAvailable = false;
    await expect(deliver(recordOf(thing()))).rejects.toMatchObject({ code: 'SEND_FAILED' });
  });

  it('burns no attempts while the retry topic cannot be written', async () => {
    const { attempts, handler } = counting(() => {
      throw transient();
    });
    const { deliver, driver, inbox, claims } = await openWith(handler);
    driver.isAvailable = false;
    for (let round = 0; round < 5; round += 1) {
      claims.isAvailable = round % 2 === 0;
      await expect(deliver(recordOf(thing()))).rejects.toMatchObject({ code: 'SEND_FAILED' });
    }
    driver.isAvailable = true;
    for (const isAvailable of [true, false]) {
      claims.isAvailable = isAvailable;
      expect(await deliver(recordOf(thing()))).toBe('retried');
      expect(attempts.slice(-3)).toEqual([1, 2, 3]);
      claims.flush();
    }
    expect(inbox.deadLetters).toEqual([]);
  });

  it('burns no attempts while the claim store is away and the database gives up', async () => {
    let isGivingUp = true;
    const { attempts, handler } = counting(() => {
      if (isGivingUp) throw new EventError('STORE_UNAVAILABLE', 'gone', { retryable: true });
    });
    const { deliver, inbox, claims } = await openWith(handler);
    claims.isAvailable = false;
    for (let round = 0; round < 13; round += 1) await expect(deliver(recordOf(thing()))).rejects.toThrow('gone');
    isGivingUp = false;
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual(Array.from({ length: 14 }, () => 1));
    expect(inbox.deadLetters).toEqual([]);
  });

  it('makes no dead letter of a handled event that comes again and again while the claim store is away', async () => {
    const { attempts, handler } = counting();
    const { deliver, inbox, claims } = await openWith(handler);
    claims.isAvailable = false;
    expect(await deliver(recordOf(thing()))).toBe('handled');
    for (let round = 0; round < 13; round += 1) expect(await deliver(recordOf(thing()))).toBe('duplicate');
    expect(inbox.deadLetters).toEqual([]);
    expect(attempts).toEqual([1]);
  });

  it('keeps counting what killed the process when an outage follows', async () => {
    const { attempts, handler } = counting();
    const clock = createManualClock();
    const { deliver, claims, inbox } = await openWith(handler, { retry: { inlineTries: 2, delays: [] }, clock });
    await claims.claim([KEY]);
    await clock.advance(10_001);
    inbox.isAvailable = false;
    await expect(deliver(recordOf(thing()))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    inbox.isAvailable = true;
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([2]);
  });

  it('keeps the record in its place when the dead letter cannot be written', async () => {
    const { deliver, inbox } = await openWith(async () => {});
    inbox.isAvailable = false;
    await expect(deliver(recordOf(thing(), { value: null }))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('stops a handler whose result would be thrown away, and takes its attempt back', async () => {
    const started = Promise.withResolvers<void>();
    let isFirst = true;
    const { attempts, handler } = counting();
    const { deliver } = await openWith(async (event, context) => {
      await handler(event, context);
      if (!isFirst) return;
      isFirst = false;
      started.resolve();
      await new Promise(() => {});
    });
    const assignment = new AbortController();
    const delivered = deliver(recordOf(thing()), assignment.signal);
    await started.promise;
    assignment.abort();
    await expect(delivered).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(await deliver(recordOf(thing()))).toBe('handled');
    expect(attempts).toEqual([1, 1]);
  });
});
