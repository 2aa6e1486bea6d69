import { createLogger } from '@throughline/telemetry';
import { createReleasers } from './releasers.ts';

function setUp() {
  const lines: { msg: string }[] = [];
  const logger = createLogger({
    name: 'test',
    level: 'info',
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  return { releasers: createReleasers(logger), lines };
}

describe('createReleasers', () => {
  it('releases newest first, one after the other', async () => {
    const { releasers } = setUp();
    const order: string[] = [];
    for (const name of ['database', 'relay', 'http']) {
      releasers.add(name, async () => {
        order.push(`${name} begins, ${releasers.current()} is current`);
        await Promise.resolve();
        order.push(`${name} ends`);
      });
    }
    expect(await releasers.releaseAll()).toBe(true);
    expect(order).toEqual(
      ['http', 'relay', 'database'].flatMap((name) => [`${name} begins, ${name} is current`, `${name} ends`]),
    );
    expect(releasers.current()).toBeUndefined();
  });

  it('goes on after one that fails, says so, and is not clean', async () => {
    const { releasers, lines } = setUp();
    let isReleased = false;
    releasers.add('database', () => {
      isReleased = true;
    });
    releasers.add('relay', () => Promise.reject(new Error('stuck')));
    expect(await releasers.releaseAll()).toBe(false);
    expect(isReleased).toBe(true);
    expect(lines).toMatchObject([{ msg: 'Stopping relay failed' }]);
  });

  it('releases what is added while it releases', async () => {
    const { releasers } = setUp();
    let isReleased = false;
    releasers.add('first', () => {
      releasers.add('late', () => {
        isReleased = true;
      });
    });
    await releasers.releaseAll();
    expect(isReleased).toBe(true);
  });

  it('begins at once with what may go on beside the others, and waits for it in its turn', async () => {
    const { releasers } = setUp();
    const order: string[] = [];
    const step = (name: string) => async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    };
    releasers.add('relay', step('relay'));
    releasers.add('subscription', step('subscription'), { beginsAtOnce: true });
    releasers.add('http', step('http'));
    await releasers.releaseAll();
    expect(order).toEqual(['subscription begins', 'http begins', 'subscription ends', 'http ends', 'relay begins', 'relay ends']);
  });

  it('says what failed at once when its turn comes, once', async () => {
    const { releasers, lines } = setUp();
    releasers.add('subscription', () => Promise.reject(new Error('stuck')), { beginsAtOnce: true });
    releasers.add('http', () => Promise.resolve());
    expect(await releasers.releaseAll()).toBe(false);
    expect(lines).toMatchObject([{ msg: 'Stopping subscription failed' }]);
  });

  it('goes on without what takes longer than it said', async () => {
    const { releasers, lines } = setUp();
    let isReleased = false;
    releasers.add('database', () => {
      isReleased = true;
    });
    releasers.add('relay', () => new Promise(() => {}), { atMostMs: 10 });
    expect(await releasers.releaseAll()).toBe(false);
    expect(isReleased).toBe(true);
    expect(lines).toMatchObject([{ msg: 'Stopping relay failed', err: { message: 'It took longer than 10 ms.' } }]);
  });

  it('adds up how long it may take', () => {
    const { releasers } = setUp();
    const nothing = () => {};
    releasers.add('database', nothing);
    releasers.add('relay', nothing, { atMostMs: 6 });
    releasers.add('subscription', nothing, { atMostMs: 12, beginsAtOnce: true });
    releasers.add('http', nothing, { atMostMs: 9 });
    expect(releasers.longest()).toEqual({ totalMs: 18, parts: ['http 9', 'subscription 12', 'relay 6'] });
  });
});
