import { EventError } from '@throughline/events';
import { oneOf, port, readConfig, runService } from '../src/index.ts';
import { retryWhileStarting } from '../src/retry-while-starting.ts';

// A service without stores that starts, hangs or breaks as BEHAVIOUR says.

const config = readConfig(process.env, {
  opsPort: port('OPS_PORT'),
  behaviour: oneOf('BEHAVIOUR', [
    'ordinary',
    'hang-at-stop',
    'fail-at-start',
    'throw-later',
    'fail-at-stop',
    'hang-at-start',
    'slow-to-stop',
    'wait-for-store',
  ]),
});

await runService({
  name: 'test.bare',
  config: {
    host: '127.0.0.1',
    httpPort: 0,
    opsPort: config.opsPort,
    logLevel: 'info',
    startDeadlineMs: 300,
    drainDeadlineMs: 500,
  },
  build: async (runtime) => {
    const { logger, onStop } = runtime;
    const keepAlive = setInterval(() => {}, 1_000);
    onStop('timer', () => {
      clearInterval(keepAlive);
      logger.info('Released timer');
    });
    if (config.behaviour === 'hang-at-stop') onStop('relay', () => new Promise(() => {}));
    if (config.behaviour === 'slow-to-stop') onStop('relay', () => {}, { atMostMs: 400 });
    if (config.behaviour === 'fail-at-stop') onStop('relay', () => Promise.reject(new Error('stuck')));
    if (config.behaviour === 'fail-at-start') throw new Error('no such thing');
    if (config.behaviour === 'hang-at-start') await new Promise(() => {});
    if (config.behaviour === 'wait-for-store') {
      const away = new EventError('STORE_UNAVAILABLE', 'still away', { retryable: true });
      await retryWhileStarting({ subject: 'the store', ...runtime }, () => Promise.reject(away));
    }
    if (config.behaviour === 'throw-later') setTimeout(() => Promise.reject(new Error('out of nowhere')), 50);
  },
});
