/** What the process ends with; a promise to scripts. */
export const EXIT = {
  ok: 0,
  /** A service or the cluster refused or an operation failed, or the question was answered with no. */
  refused: 1,
  /** The command line is wrong, or what it needs is not set. */
  usage: 2,
  /** No service knows the event, dead letter, job, group or queue, or the cluster has no such component. */
  notFound: 3,
  /** A service or the cluster did not answer; what the others said was printed. */
  unreachable: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
