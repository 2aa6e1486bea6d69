import { METRICS } from '@throughline/telemetry';
import { openWindow } from './measuring-window.ts';
import { runThroughline } from './throughline-service.ts';

const LOOK_EVERY_MS = 2;

// A service whose outbox has rows when it starts; what its own metric says was acknowledged.
await runThroughline(async ({ plan, runtime }) => {
  const window = openWindow(plan);
  const sent = runtime.metrics.counter(METRICS.messagingClientSentMessagesTotal);
  let before = 0;
  const look = async () => {
    const { values } = await sent.get();
    const acknowledged = values.filter(
      ({ labels }) => labels.messaging_destination_name === plan.topic && labels.error_type === '',
    );
    const now = acknowledged.reduce((sum, { value }) => sum + value, 0);
    if (now > before) window.add(now - before);
    before = now;
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  void window.report.then(() => clearInterval(timer));
  return window;
});
