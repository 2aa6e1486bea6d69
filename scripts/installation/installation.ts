/** An installation as the demos see it, wherever it runs. Components are named as in the chart, such as `intake-worker`. */
export interface Installation {
  /** Where people come in. */
  readonly edgeUrl: string;
  /** What operators authenticate with at every component. */
  operationsToken(): Promise<string>;
  /** Base URL of a component's API, reachable from here. @throws {Error} when it does not run */
  httpUrl(component: string): Promise<string>;
  /** Base URL of a component's operations, reachable from here. @throws {Error} when it does not run */
  opsUrl(component: string): Promise<string>;
  /** Runs a program where a component is, with the stores, brokers and rights of that component, and gives what it printed. @throws {Error} with what it said when it fails */
  runProgram(program: ComponentProgram): Promise<string>;
  /** Ends what was opened to reach it; the installation itself goes on. */
  close(): Promise<void>;
}

/** A program that may run in a component's container: a single file, which imports packages only. */
export interface ComponentProgram {
  readonly component: string;
  /** Path of its source, which Node gets on its standard input. */
  readonly file: string;
  readonly args: readonly string[];
}

/** Arguments of Node for a program that comes on its standard input. */
export function programArguments(args: readonly string[]): readonly string[] {
  return ['--input-type=module-typescript', '-', ...args];
}
