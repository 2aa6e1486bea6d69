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
});
