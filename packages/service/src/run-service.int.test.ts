import { waitFor } from '@throughline/testing';
import { type ServiceProcess, startServiceProcess } from '../test/service-process.fixture.ts';

let service: ServiceProcess | undefined;

afterEach(async () => {
  service?.process.kill('SIGKILL');
  await service?.exited;
});

async function start(behaviour: string): Promise<ServiceProcess> {
  service = await startServiceProcess('bare-service.fixture.ts', { BEHAVIOUR: behaviour });
  return service;
}

const sentences = ({ lines }: ServiceProcess) => lines.map(({ msg }) => msg);

describe('runService', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s: releases what was started and exits with 0', async (signal) => {
    const running = await start('ordinary');
    await running.ready();
    running.process.kill(signal);
    expect(await running.exited).toBe(0);
    expect(sentences(running)).toEqual(['test.bare is ready', `${signal}: stopping`, 'Released timer', 'Stopped']);
  });

  it('a start that fails: logs why, releases what was started, exits with 1', async () => {
    const running = await start('fail-at-start');
    expect(await running.exited).toBe(1);
    expect(sentences(running)).toEqual(['test.bare could not start', 'Released timer', 'Stopped']);
    expect(running.lines[0]).toMatchObject({ level: 'fatal', err: { message: 'no such thing' } });
  });

  it('a store that does not come: gives up at the deadline of the start, and the same', async () => {
    const running = await start('wait-for-store');
    expect(await running.exited).toBe(1);
    expect(running.lines[0]).toMatchObject({ level: 'fatal', err: { message: 'still away' } });
  });

  it('an error that nobody caught: the same', async () => {
    const running = await start('throw-later');
    expect(await running.exited).toBe(1);
    expect(running.lines.find(({ level }) => level === 'fatal')).toMatchObject({ err: { message: 'out of nowhere' } });
    expect(sentences(running)).toContain('Released timer');
  });

  it('a release that fails: the others are released, exits with 1', async () => {
    const running = await start('fail-at-stop');
    await running.ready();
    running.process.kill('SIGTERM');
    expect(await running.exited).toBe(1);
    expect(sentences(running)).toEqual(expect.arrayContaining(['Stopping relay failed', 'Released timer']));
  });

  it('a release that hangs: not ready any more, and exits with 1 at the deadline, naming it', async () => {
    const running = await start('hang-at-stop');
    await running.ready();
    running.process.kill('SIGTERM');
    const page = await waitFor(
      async () => {
        const response = await fetch(`${running.opsUrl}/readyz`);
        return response.status === 503 && response.json();
      },
      { description: 'readiness to end', intervalMs: 5 },
    );
    expect(page).toEqual({ status: 'unavailable', checks: { service: 'stopping' } });
    expect(await running.exited).toBe(1);
    expect(running.lines.at(-1)).toMatchObject({
      level: 'fatal',
      hung: 'relay',
      msg: 'Stopping took longer than 500 ms; relay hung',
    });
  });

  it('a second signal: exits with 1 at once, naming what hung', async () => {
    const running = await start('hang-at-stop');
    await running.ready();
    running.process.kill('SIGTERM');
    await waitFor(() => sentences(running).includes('SIGTERM: stopping'), {
      description: 'the first signal to be seen',
      intervalMs: 5,
    });
    running.process.kill('SIGINT');
    expect(await running.exited).toBe(1);
    expect(running.lines.at(-1)).toMatchObject({ hung: 'relay', msg: 'SIGINT came a second time while relay was being stopped' });
  });

  it('parts that may take longer to stop than all have together: does not start', async () => {
    const running = await start('slow-to-stop');
    expect(await running.exited).toBe(1);
    expect(running.lines[0]).toMatchObject({
      msg: 'test.bare could not start',
      err: { code: 'CONFIGURATION_REFUSED', message: expect.stringMatching(/drainDeadlineMs \(500\).*atMostMs of relay 400/) },
    });
  });

  it('a signal while it is still starting: not ready, alive, then exits with 0', async () => {
    const running = await start('hang-at-start');
    await waitFor(async () => (await fetch(`${running.opsUrl}/livez`)).ok, { description: 'the ops server' });
    const page = await fetch(`${running.opsUrl}/readyz`);
    expect(await page.json()).toEqual({ status: 'unavailable', checks: { service: 'starting' } });
    running.process.kill('SIGTERM');
    expect(await running.exited).toBe(0);
  });
});
