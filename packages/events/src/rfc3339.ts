const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const FIRST_SECOND = Date.parse('0000-01-01T00:00:00Z') / 1000;
const LAST_SECOND = Date.parse('9999-12-31T23:59:59Z') / 1000;

interface Instant {
  /** Whole seconds since 1970-01-01T00:00:00Z, rounded down. */
  readonly seconds: number;
  /** 0 to 999,999. */
  readonly micros: number;
}

/**
 * The instant as RFC 3339 in UTC, always with six digits of fraction: 1767694492.643695 → `2026-01-06T10:14:52.643695Z`.
 *
 * @param epochSeconds seconds since 1970-01-01T00:00:00Z; exact to the microsecond up to 2³³ (the year 2242), where a double ends to hold them
 * @throws {RangeError} when it is not a finite number within the years 0000 to 9999
 */
export function epochSecondsToRfc3339(epochSeconds: number): string {
  const instant = splitSeconds(epochSeconds);
  if (instant === undefined) throw new RangeError('Epoch seconds must be a finite number within the years 0000 to 9999');
  return format(instant);
}

/**
 * The inverse: `2026-01-06T10:14:52.643695Z` → 1767694492.643695. Digits behind the microseconds are cut off; an offset is taken into account.
 *
 * @throws {RangeError} when the text is not an RFC 3339 date-time
 */
export function rfc3339ToEpochSeconds(text: string): number {
  const instant = parse(text);
  if (instant === undefined) throw new RangeError('Time must be an RFC 3339 date-time');
  return joinSeconds(instant);
}

/** The present as RFC 3339 in UTC. The last three digits are zero: the clock of the platform counts milliseconds. */
export function nowRfc3339(): string {
  return epochSecondsToRfc3339(Date.now() / 1000);
}

/** The same instant in the one form that this package writes (UTC, six digits of fraction); undefined when it is not RFC 3339. */
export function canonicalTime(text: string): string | undefined {
  if (CANONICAL.test(text) && text.startsWith(lastParsed.text)) return text;
  const instant = parse(text);
  return instant === undefined ? undefined : format(instant);
}

/** Whether `epochSecondsToRfc3339` takes the value. */
export function isEpochSeconds(value: unknown): value is number {
  return typeof value === 'number' && splitSeconds(value) !== undefined;
}

/** The second seen last, as text and as number: events come close together, and the calendar costs more than all the rest of writing and reading a time. */
const lastFormatted = { seconds: Number.NaN, text: '' };
const lastParsed = { text: '-', seconds: 0 };
/** In UTC with a fraction: everything but the fraction is the same for all events of a second. A small `t` and a leap second are written otherwise than they are read. */
const CANONICAL = /^.{10}T.{6}[0-5]\d\.\d{6}Z$/;
const WITH_FRACTION = /^.{10}T.{6}[0-5]\d\.\d{1,9}Z$/;

function parse(text: string): Instant | undefined {
  const isUsual = WITH_FRACTION.test(text);
  if (isUsual && text.startsWith(lastParsed.text)) return { seconds: lastParsed.seconds, micros: microsOf(text.slice(20, -1)) };
  const instant = parseAny(text);
  if (instant !== undefined && isUsual) {
    lastParsed.text = text.slice(0, 19);
    lastParsed.seconds = instant.seconds;
  }
  return instant;
}

function microsOf(fraction: string): number {
  return Number(fraction.slice(0, 6).padEnd(6, '0'));
}

function parseAny(text: string): Instant | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [, date = '', time = '', fraction = '', sign, hours = '00', minutes = '00'] = match;
  const isLeapSecond = time.endsWith(':60');
  const clock = `${date}T${isLeapSecond ? `${time.slice(0, -2)}59` : time}`;
  const parsedMs = Date.parse(`${clock}.000Z`);
  // Date.parse takes 30 February for 2 March; only a date that comes back as it went in exists.
  if (Number.isNaN(parsedMs) || !new Date(parsedMs).toISOString().startsWith(clock)) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offsetSeconds = (Number(hours) * 60 + Number(minutes)) * 60 * (sign === '-' ? -1 : 1);
  const seconds = parsedMs / 1000 + (isLeapSecond ? 1 : 0) - offsetSeconds;
  return withinYears({ seconds, micros: microsOf(fraction) });
}

function splitSeconds(epochSeconds: number): Instant | undefined {
  if (!Number.isFinite(epochSeconds)) return undefined;
  const whole = Math.floor(epochSeconds);
  // The difference is exact, so that the rounding below sees the error of the double alone: less than half a microsecond up to 2³³.
  const micros = Math.round((epochSeconds - whole) * 1e6);
  return withinYears(micros === 1_000_000 ? { seconds: whole + 1, micros: 0 } : { seconds: whole, micros });
}

function joinSeconds({ seconds, micros }: Instant): number {
  // Through decimal text: seconds + micros / 1e6 rounds twice and can end one unit beside the nearest double.
  const isNegative = seconds < 0 && micros > 0;
  const whole = isNegative ? -seconds - 1 : seconds;
  const fraction = String(isNegative ? 1_000_000 - micros : micros).padStart(6, '0');
  return Number(`${isNegative ? '-' : ''}${whole}.${fraction}`);
}

function withinYears(instant: Instant): Instant | undefined {
  return instant.seconds >= FIRST_SECOND && instant.seconds <= LAST_SECOND ? instant : undefined;
}

function format({ seconds, micros }: Instant): string {
  if (seconds !== lastFormatted.seconds) {
    lastFormatted.seconds = seconds;
    lastFormatted.text = new Date(seconds * 1000).toISOString().slice(0, 19);
  }
  return `${lastFormatted.text}.${String(micros).padStart(6, '0')}Z`;
}
