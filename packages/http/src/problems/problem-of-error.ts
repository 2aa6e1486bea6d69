import { isEventError } from '@throughline/events';
import { Problem } from './problem.ts';

/** Every error as a problem: a Problem is itself, what may pass is 503, all else is 500 without its message. `isExpected` = nothing to log as an error. */
export function problemOfError(error: unknown): { readonly problem: Problem; readonly isExpected: boolean } {
  if (error instanceof Problem) return { problem: error, isExpected: true };
  if (isEventError(error) && error.retryable) {
    return {
      problem: new Problem({
        kind: 'unavailable',
        code: 'temporarily_unavailable',
        detail: 'Something this operation needs does not answer at the moment. The same request may succeed shortly.',
        headers: { 'retry-after': '1' },
      }),
      isExpected: false,
    };
  }
  return {
    problem: new Problem({
      kind: 'internal',
      code: 'internal_error',
      detail: 'The request failed unexpectedly. The trace id leads to the cause in the log.',
    }),
    isExpected: false,
  };
}
