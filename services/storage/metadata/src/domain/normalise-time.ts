const RFC3339_UTC = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?[Zz]$/;

/** An RFC 3339 time in UTC with exactly six fraction digits, so that times compare as text. Another offset than Z keeps milliseconds only. */
export function normaliseTime(time: string): string {
  const match = RFC3339_UTC.exec(time);
  if (match === null) return normaliseTime(new Date(time).toISOString());
  const [, date, clock, fraction = ''] = match;
  return `${date}T${clock}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}
