import { createQuarantine } from './quarantine.ts';

describe('the quarantine', () => {
  /** Work that begins and ends when a test says so. */
  function setUp() {
    const quarantine = createQuarantine();
    const log: string[] = [];
    const ends = new Map<string, () => void>();
    const begin = (kind: 'together' | 'alone', name: string) => {
      const work = () => {
        log.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      };
      return quarantine[kind](work);
    };
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const end = async (name: string) => {
      ends.get(name)?.();
      await settle();
    };
    return { quarantine, log, begin, end, settle };
  }

  it('lets work together run side by side, and what is alone after it and before what comes later', async () => {
    const { log, begin, end, settle } = setUp();
    const all = [
      begin('together', 'a'),
      begin('together', 'b'),
      begin('alone', 'x'),
      begin('alone', 'y'),
      begin('together', 'c'),
    ];
    await settle();
    expect(log).toEqual(['a', 'b']);
    await end('a');
    expect(log).toEqual(['a', 'b']);
    await end('b');
    expect(log).toEqual(['a', 'b', 'x']);
    await end('x');
    expect(log).toEqual(['a', 'b', 'x', 'y']);
    await end('y');
    expect(log).toEqual(['a', 'b', 'x', 'y', 'c']);
    await end('c');
    await Promise.all(all);
  });

  it('goes on after work that failed, whose error passes', async () => {
    const { quarantine } = setUp();
    await expect(quarantine.alone(() => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
    expect(await quarantine.together(async () => 'done')).toBe('done');
  });
});
