import { isEventError } from './event-error.ts';
import { isBackboneTopic, matchesPattern } from './matches-pattern.ts';

const MATCHES: readonly [pattern: string, name: string][] = [
  ['file.*', 'file.media'],
  ['file.*', 'file.media.processed'],
  ['file.*', 'file.media.processed.v1'],
  ['file.*.v1', 'file.media'],
  ['*.failed', 'payment.failed'],
  ['*.failed', 'payment.failed.v1'],
  ['*.failed', 'order.payment.failed.v12'],
  ['*.media.*', 'file.media.processed'],
  ['*.a.*.b', 'x.a.a.a.c.b'],
  ['*.a.*.b', 'x.y.a.c.b.b'],
  ['a.*.c', 'a.b.c'],
  ['a.*.c', 'a.b.b.c'],
  ['a.*.c', 'a.c.c'],
  ['*.*', 'a.b'],
  ['*.*', 'a.b.c'],
  ['*', 'OBJECT_CREATED'],
  ['*', 'a.b.c'],
  ['#', 'OBJECT_CREATED'],
  ['#', 'storage.object.v1'],
  ['#', 'a.b.c'],
  ['order.created', 'order.created'],
  ['order.created', 'order.created.v1'],
  ['order.created.v1', 'order.created.v2'],
  ['OBJECT_CREATED', 'OBJECT_CREATED'],
  ['storage.*', 'storage.object.v1'],
  ['*', 'payment.retry.requested'],
  ['*', 'video.replay.started'],
];

const DIFFERS: readonly [pattern: string, name: string][] = [
  ['file.*', 'file'],
  ['file.*', 'file.v1'],
  ['file.*', 'files.media'],
  ['file.*', 'profile.media'],
  ['file.*', 'my.file.media'],
  ['*.failed', 'failed'],
  ['*.failed', 'payment.failed.late'],
  ['a.*.c', 'a.c'],
  ['a.*.c', 'a.b.c.d'],
  ['*.*', 'a'],
  ['*.*', 'a.v1'],
  ['*.a.*.b', 'x.a.b'],
  ['order.created', 'order.create'],
  ['order.created', 'order.created.late'],
  ['order.created', 'Order.Created'],
  ['OBJECT.CREATED', 'OBJECT_CREATED'],
  ['order.version', 'order.versionX'],
];

const BACKBONE = [
  'storage.object.retry.5s',
  'storage.object.retry.1m',
  'storage.object.retry.1m30s',
  'storage.object.retry.500ms',
  'storage.metadata.search.retry.10m',
  'storage.object.replay',
  'storage.object.dlq',
  'throughline.outcomes',
  'throughline.outcomes.v1',
  'throughline.canary.v1',
];

const REFUSED = ['', '.', 'file.', '.file', 'file..media', 'file.med*', 'file.#', '#.failed', '**', 'file.*a'];

describe('matchesPattern', () => {
  it.each(MATCHES)('%s matches %s', (pattern, name) => {
    expect(matchesPattern(pattern, name)).toBe(true);
  });

  it.each(DIFFERS)('%s does not match %s', (pattern, name) => {
    expect(matchesPattern(pattern, name)).toBe(false);
  });

  it.each(BACKBONE)('no pattern matches %s', (name) => {
    expect(isBackboneTopic(name)).toBe(true);
    for (const pattern of ['#', '*', 'storage.*', 'throughline.*', '*.dlq', name])
      expect(matchesPattern(pattern, name)).toBe(false);
  });

  it.each(REFUSED)('refuses the pattern %j', (pattern) => {
    let code = 'none';
    try {
      matchesPattern(pattern, 'any.name');
    } catch (error) {
      code = isEventError(error) ? error.code : String(error);
    }
    expect(code).toBe('CONFIGURATION_REFUSED');
  });

  it('stays fast where backtracking would not end', () => {
    expect(matchesPattern(`${'*.a.'.repeat(30)}b`, 'a.'.repeat(2000).slice(0, -1))).toBe(false);
  });
});
