import { InvalidArgumentError } from 'commander';

/** A whole number above 0. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

/** Seconds above 0. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 86_400)) throw new InvalidArgumentError('It must be a number of seconds above 0.');
  return value;
}

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** An ISO 8601 time as RFC 3339 in UTC; one without a zone is local time, a date alone is midnight UTC. */
export function isoTime(text: string): string {
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It must be an ISO 8601 time such as 2026-01-06T10:00:00Z.');
  return new Date(ms).toISOString();
}

/** One of a list, for repeatable options. */
export function collect(text: string, former: readonly string[]): readonly string[] {
  return [...former, text];
}
