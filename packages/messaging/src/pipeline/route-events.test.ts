import { createRouter } from './route-events.ts';

describe('the handler of a type', () => {
  const handlers = { 'file.*': async () => {}, '*.failed': async () => {}, 'file.moved': async () => {} };
  const batchHandlers = { '#': async () => {}, 'order.placed': async () => {} };
  const route = createRouter<unknown>({ handlers, batchHandlers });

  it.each([
    ['its own name before patterns', 'file.moved', handlers['file.moved']],
    ['its own name among those that take many', 'order.placed', batchHandlers['order.placed']],
    ['the first pattern that matches', 'file.failed', handlers['file.*']],
    ['a later pattern', 'order.failed', handlers['*.failed']],
    ['patterns of those that take many last', 'user.created', batchHandlers['#']],
  ])('is %s', (_, type, handle) => {
    expect(route(type)?.handle).toBe(handle);
    expect(route(type)?.handle).toBe(handle);
  });

  it('is none for a type that nothing matches', () => {
    expect(createRouter<unknown>({ handlers: { 'file.*': async () => {} } })('order.placed')).toBeUndefined();
  });

  it('is not one of the prototype', () => {
    expect(createRouter<unknown>({ handlers: {} })('constructor')).toBeUndefined();
  });
});
