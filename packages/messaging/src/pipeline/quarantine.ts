/**
 * Keeps what may kill the process away from everything else of this member: work that is begun `alone` runs when nothing else does, and nothing begins beside it. Otherwise
 * each time the process dies its neighbours would have one try less. In the order in which they ask.
 */
export interface Quarantine {
  together<Result>(work: () => Promise<Result>): Promise<Result>;
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Whether somebody waits to be alone: work of several parts makes room after one of them. */
  readonly isAwaited: boolean;
}

interface Waiting {
  readonly isAlone: boolean;
  readonly begin: () => void;
}

export function createQuarantine(): Quarantine {
  const queue: Waiting[] = [];
  let atWork = 0;
  let isSomebodyAlone = false;

  const admit = () => {
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      if (isSomebodyAlone || (first.isAlone && atWork > 0)) return;
      queue.shift();
      atWork += 1;
      isSomebodyAlone = first.isAlone;
      first.begin();
    }
  };
  const run = async <Result>(isAlone: boolean, work: () => Promise<Result>): Promise<Result> => {
    await new Promise<void>((resolve) => {
      queue.push({ isAlone, begin: resolve });
      admit();
    });
    try {
      return await work();
    } finally {
      atWork -= 1;
      isSomebodyAlone = false;
      admit();
    }
  };
  return {
    together: (work) => run(false, work),
    alone: (work) => run(true, work),
    get isAwaited() {
      return queue.length > 0;
    },
  };
}
