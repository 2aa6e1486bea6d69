import { waitFor } from './wait-for.ts';

const often = { intervalMs: 1, description: 'the thing' };

describe('waitFor', () => {
  it('resolves with the first value that is there, zero and the empty text included', async () => {
    const answers = [undefined, null, false, 0];
    await expect(waitFor(() => answers.shift(), often)).resolves.toBe(0);
    await expect(waitFor(() => '', often)).resolves.toBe('');
  });

  it('takes a rejection for "not yet"', async () => {
    let looks = 0;
    const condition = async () => {
      looks += 1;
      if (looks < 3) throw new Error('connection refused');
      return looks;
    };
    await expect(waitFor(condition, often)).resolves.toBe(3);
  });

  it('gives up at the deadline with what was waited for and the last reason', async () => {
    const cause = new Error('connection refused');
    const wait = waitFor(() => Promise.reject(cause), { ...often, timeoutMs: 30 });
    await expect(wait).rejects.toThrow('gave up waiting for the thing after 30 ms');
    await expect(wait).rejects.toMatchObject({ cause });
  });
});
