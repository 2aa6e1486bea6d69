import { checkSafety, type SafetySettings } from './check-safety.ts';

const SAFE: SafetySettings = {
  drainDeadlineMs: 20_000,
  rebalanceTimeoutMs: 60_000,
  handlerTimeoutMs: 15_000,
  progressTimeoutMs: 60_000,
  leaseMs: 9000,
  leaseRenewalMs: 3000,
};

describe('checkSafety', () => {
  it('accepts settings that fit together', () => {
    expect(() => checkSafety(SAFE)).not.toThrow();
  });

  it.each([
    [{ drainDeadlineMs: 60_000 }, 'drainDeadlineMs (60000) must be below rebalanceTimeoutMs (60000)'],
    [{ handlerTimeoutMs: 60_000 }, 'handlerTimeoutMs (60000) must be below progressTimeoutMs (60000)'],
    [{ leaseRenewalMs: 3001 }, 'leaseRenewalMs (3001) must be at most a third of leaseMs (9000)'],
  ])('refuses %j and names both settings', (change, message) => {
    expect(() => checkSafety({ ...SAFE, ...change })).toThrow(message);
    expect(() => checkSafety({ ...SAFE, ...change })).toThrow(expect.objectContaining({ code: 'CONFIGURATION_REFUSED' }));
  });

  it('names every pair at once', () => {
    const check = () => checkSafety({ ...SAFE, drainDeadlineMs: 90_000, leaseMs: 1 });
    expect(check).toThrow('drainDeadlineMs');
    expect(check).toThrow('leaseRenewalMs');
  });
});
