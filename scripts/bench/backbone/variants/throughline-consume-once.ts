import { balanceBatchHandler, balanceHandler } from './business-rows.ts';
import { openWindow, tellProgress } from './measuring-window.ts';
import { runThroughline, subscribeToTopic, watchMembership } from './throughline-service.ts';

const TYPES = ['OBJECT_CREATED', 'BENCH_SIZED'] as const;

await runThroughline(async (service) => {
  const { plan, runtime } = service;
  const window = openWindow(plan);
  let isJoined = () => false;
  const progress = plan.isOneOfMany === true ? tellProgress(() => isJoined()) : undefined;
  if (progress !== undefined) runtime.onStop('progress', async () => progress.stop());
  const add = (progress ?? window).add;
  const running = await subscribeToTopic(
    service,
    plan.isBatched === true
      ? { batchHandlers: Object.fromEntries(TYPES.map((type) => [type, balanceBatchHandler(add)])) }
      : { handlers: Object.fromEntries(TYPES.map((type) => [type, balanceHandler(add)])) },
  );
  isJoined = () => running.state().isJoined;
  watchMembership(running, window.noteRebalance);
  return window;
});
