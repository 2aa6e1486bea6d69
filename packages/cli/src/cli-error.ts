import { EXIT, type ExitCode } from './exit-codes.ts';

const EXIT_OF = {
  REFUSED: EXIT.refused,
  FAILED: EXIT.refused,
  DECLINED: EXIT.refused,
  USAGE: EXIT.usage,
  NOT_FOUND: EXIT.notFound,
  UNREACHABLE: EXIT.unreachable,
} as const satisfies Readonly<Record<string, ExitCode>>;

export type CliErrorCode = keyof typeof EXIT_OF;

/** Ends a command: the message goes to stderr, the code decides the exit code. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  readonly retryable: boolean;
  readonly exitCode: ExitCode;

  constructor(code: CliErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'CliError';
    this.code = code;
    this.retryable = code === 'UNREACHABLE';
    this.exitCode = EXIT_OF[code];
  }
}
