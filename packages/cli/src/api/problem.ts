import { CliError } from '../cli-error.ts';
import type { ClientAnswer } from './operations-client.ts';

interface ProblemDocument {
  readonly title?: string;
  readonly detail?: string;
  readonly state?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/**
 * The body of a good answer.
 * @param subject whose refusal it would be, for the message
 * @throws {CliError} `NOT_FOUND` for 404, else `REFUSED` with the detail and every field error of the problem document
 */
export function bodyOf<Body>(answer: ClientAnswer, subject: string): Body {
  if (answer.status < 400) return answer.body as Body;
  throw new CliError(answer.status === 404 ? 'NOT_FOUND' : 'REFUSED', `${subject}: ${describeProblem(answer)}`);
}

/** A problem document (RFC 9457) in words. */
export function describeProblem({ status, body }: ClientAnswer): string {
  const { title, detail, state, errors = [] } = (typeof body === 'object' && body !== null ? body : {}) as ProblemDocument;
  const said = detail ?? title ?? `answered ${status}`;
  const now = state === undefined ? '' : ` (its state is ${state})`;
  return [`${said}${now}`, ...errors.map(({ field, message }) => `  ${field} ${message}`)].join('\n');
}
