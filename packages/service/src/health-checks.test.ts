import { createHealthChecks } from './health-checks.ts';

describe('createHealthChecks', () => {
  it('is healthy without checks', async () => {
    expect(await createHealthChecks().run()).toEqual({ isHealthy: true, checks: {} });
  });

  it('names each check and what is wrong with it', async () => {
    const checks = createHealthChecks({ timeoutMs: 20 });
    checks.add('database', async () => {});
    checks.add('kafka', () => Promise.reject(new Error('no broker answers')));
    checks.add('disk', () => {
      throw new Error('full');
    });
    checks.add('slow', () => new Promise(() => {}));
    expect(await checks.run()).toEqual({
      isHealthy: false,
      checks: { database: 'ok', kafka: 'no broker answers', disk: 'full', slow: 'no result within 20 ms' },
    });
  });

  it('stays healthy, degraded, when what fails is not required', async () => {
    const checks = createHealthChecks();
    checks.add('redis', () => Promise.reject(new Error('away')), { isRequired: false });
    expect(await checks.run()).toEqual({ isHealthy: true, checks: { redis: 'degraded: away' } });
  });

  it('runs once for probes that come together or within the cache time', async () => {
    let runs = 0;
    const count = () => {
      runs += 1;
    };
    const cached = createHealthChecks();
    cached.add('count', count);
    await Promise.all([cached.run(), cached.run()]);
    await cached.run();
    expect(runs).toBe(1);
    const fresh = createHealthChecks({ cacheMs: -1 });
    fresh.add('count', count);
    await fresh.run();
    await fresh.run();
    expect(runs).toBe(3);
  });

  it('refuses two checks of one name', () => {
    const checks = createHealthChecks();
    checks.add('database', () => {});
    expect(() => checks.add('database', () => {})).toThrow('already');
  });
});
