/** What can go wrong while the local stack is brought up. */
export type StackErrorCode =
  | 'ABORTED'
  | 'ALREADY_RUNNING'
  | 'BAD_OPTION'
  | 'COMMAND_FAILED'
  | 'COMPONENT_MOVED'
  | 'MISSING_PROGRAM'
  | 'NOT_READY'
  | 'PORT_TAKEN'
  | 'PROCESS_ENDED'
  | 'UNREACHABLE';

/** A failure the person at the terminal can act on: its message is printed as it is, without a stack trace. */
export class StackError extends Error {
  readonly code: StackErrorCode;

  constructor(code: StackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StackError';
    this.code = code;
  }
}
