import { fileURLToPath } from 'node:url';
import type { Installation } from '../installation/installation.ts';

/** Makes the worker's database refuse an order, as a constraint that somebody got wrong would. */
export interface OrderRefusal {
  /** From now on until `lift`. */
  refuse(orderId: string): Promise<void>;
  /** Also after a refusal that failed half-way; does nothing when nothing is refused. */
  lift(): Promise<void>;
}

const FILE = fileURLToPath(import.meta.resolve('./programs/refuse-order.ts'));

/** A trigger on the worker's table of orders, made as the worker's own user, to whom the table belongs. */
export function createOrderRefusal(installation: Installation): OrderRefusal {
  const run = (...args: readonly string[]) => installation.runProgram({ component: 'intake-worker', file: FILE, args });
  let isSet = false;
  return {
    refuse: async (orderId) => {
      isSet = true;
      await run(orderId);
    },
    lift: async () => {
      if (!isSet) return;
      await run();
      isSet = false;
    },
  };
}
