/** Assignments that make a row of a work list wait after a failure: 1 s, then twice as long each time, at most about four minutes. */
export const PUT_OFF = 'failures = failures + 1, due_at = now() + make_interval(secs => 2 ^ least(failures, 8))';
