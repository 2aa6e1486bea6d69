export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null | undefined;
  readonly align?: 'left' | 'right';
  /** Longer values are cut, characters. (Default: 60) */
  readonly maxWidth?: number;
}

/** Rows under titles, each column as wide as its widest value; the last one is not padded. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => cut(printable(column.value(row) ?? '–'), column.maxWidth ?? 60)));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => [...(line[index] ?? '')].length)),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return `${[columns.map(({ title }) => title), ...cells].map(line).join('\n')}\n`;
}

/** Names and values under each other. */
export function renderFacts(facts: readonly (readonly [string, string | number | null | undefined])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${printable(value ?? '–')}\n`).join('');
}

/** Text from events goes to a terminal: control characters, which could drive it, become visible, line breaks included. */
export function printable(value: string | number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must not get through
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) =>
    character === '\n' || character === '\t' ? ' ' : '\ufffd',
  );
}

/** The same of a text whose lines stay lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const missing = ' '.repeat(Math.max(0, width - [...text].length));
  return align === 'right' ? missing + text : text + missing;
}
