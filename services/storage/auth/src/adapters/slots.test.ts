import { createSlots, SlotsExhausted } from './slots.ts';

it('runs no more than its size at once and everybody in the end', async () => {
  const slots = createSlots({ size: 2, maxWaiting: 100 });
  let running = 0;
  let peak = 0;
  const work = async (): Promise<void> => {
    running += 1;
    peak = Math.max(peak, running);
    await new Promise(setImmediate);
    running -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => slots.run(work)));
  expect(peak).toBe(2);
});

it('refuses at once when too many wait, and takes callers again afterwards', async () => {
  const slots = createSlots({ size: 1, maxWaiting: 1 });
  const gate = Promise.withResolvers<string>();
  const first = slots.run(() => gate.promise);
  const second = slots.run(async () => 'second');
  await expect(slots.run(async () => 'third')).rejects.toBeInstanceOf(SlotsExhausted);
  gate.resolve('first');
  await expect(Promise.all([first, second])).resolves.toEqual(['first', 'second']);
  await expect(slots.run(async () => 'fourth')).resolves.toBe('fourth');
});

it('frees its slot when the work fails', async () => {
  const slots = createSlots({ size: 1, maxWaiting: 0 });
  await expect(slots.run(async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(slots.run(async () => 'yes')).resolves.toBe('yes');
});
