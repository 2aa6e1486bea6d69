const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Local time and age: `2026-01-06 10:14:52 (3m ago)`. */
export function timeAndAge(time: string | null | undefined, nowMs: number): string {
  const ms = time == null ? Number.NaN : Date.parse(time);
  if (Number.isNaN(ms)) return '–';
  return `${localTime(ms)} (${age(nowMs - ms)})`;
}

/** `2026-01-06 10:14:52` in the zone of this machine. */
export function localTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `3m ago`, or `in 5s` for what is to come. */
export function age(ms: number): string {
  const [unit, size] = UNITS.find(([, least]) => Math.abs(ms) >= least) ?? ['s', 1_000];
  const amount = `${Math.floor(Math.abs(ms) / size)}${unit}`;
  return ms < 0 ? `in ${amount}` : `${amount} ago`;
}
