/** Where one-line reports of what is going on are sent: who is concerned, what happens. */
export type Progress = (name: string, text: string) => void;

/** Progress lines on the terminal, the names in one column. */
export function terminalProgress(write: (line: string) => void): Progress {
  return (name, text) => write(`  ${name.padEnd(16)} ${text}`);
}

/** Seconds since a `performance.now()` instant, as people read them: `6.1 s`. */
export function secondsSince(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}

/** A piece of work that may take long enough for people to wonder. */
export interface Step<T> {
  readonly progress: Progress;
  readonly name: string;
  /** Said when the work takes more than a second, such as `downloading the jars`. */
  readonly doing: string;
  /** Said at the end of work that took more than a second, or always when `alwaysReport` is set. */
  readonly done: string | ((result: T) => string);
  readonly alwaysReport?: boolean;
  readonly run: () => Promise<T>;
}

/** Runs a step; a second without an end makes it speak, so quick steps leave no lines. */
export async function runStep<T>({ progress, name, doing, done, alwaysReport = false, run }: Step<T>): Promise<T> {
  const startedAt = performance.now();
  let hasSpoken = false;
  const timer = setTimeout(() => {
    hasSpoken = true;
    progress(name, `${doing} …`);
  }, 1_000);
  try {
    const result = await run();
    const text = typeof done === 'string' ? done : done(result);
    if (hasSpoken || alwaysReport) progress(name, `${text} (${secondsSince(startedAt)})`);
    return result;
  } finally {
    clearTimeout(timer);
  }
}
