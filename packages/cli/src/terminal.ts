/** What a command knows of the process it runs in; injected, so that tests read what a person would. */
export interface Terminal {
  /** A person can be asked. */
  readonly isInteractive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Results, and nothing else. */
  out(text: string): void;
  /** Everything said beside results. */
  err(text: string): void;
  /** The answer, without its line break. */
  ask(question: string): Promise<string>;
  /** Lets the person edit a text; resolves with what it is then, and where it is kept. @throws {CliError} `FAILED` when the editor does not end well */
  edit(text: string): Promise<{ readonly text: string; readonly file: string }>;
  /** @param path of a file; `-` is standard input. @throws {CliError} `USAGE` when it cannot be read */
  readText(path: string): Promise<string>;
  /** Resolves after the time. */
  pause(ms: number): Promise<void>;
}
