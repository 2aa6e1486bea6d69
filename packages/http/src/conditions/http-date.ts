const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const MONTH = `(?<month>${MONTHS.join('|')})`;
const FORMS = [
  // IMF-fixdate, RFC 850 and asctime, which every recipient has to take.
  new RegExp(String.raw`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} GMT$`),
  new RegExp(String.raw`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} GMT$`),
  new RegExp(String.raw`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`),
];

/** Milliseconds since the epoch of an HTTP-date (RFC 9110 §5.6.7), or undefined for any other text: conditions with such a date do not count. */
export function parseHttpDate(text: string, now = new Date()): number | undefined {
  for (const form of FORMS) {
    const groups = form.exec(text.trim())?.groups;
    if (groups !== undefined) return timeOf(groups, now);
  }
  return undefined;
}

function timeOf(groups: Readonly<Record<string, string | undefined>>, now: Date): number | undefined {
  const { day, hour, minute, second, year = '', month = '' } = groups;
  const fullYear = year.length === 4 ? Number(year) : centuryOf(Number(year), now);
  const monthIndex = MONTHS.indexOf(month);
  const date = new Date(Date.UTC(fullYear, monthIndex, Number(day), Number(hour), Number(minute), Number(second)));
  return date.getUTCMonth() === monthIndex && Number(hour) < 24 ? date.getTime() : undefined;
}

/** Two digits that would be more than 50 years ahead are the most recent such year of the past. */
function centuryOf(twoDigits: number, now: Date): number {
  const thisYear = now.getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}
