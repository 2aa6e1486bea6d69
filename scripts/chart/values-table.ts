import { parse } from 'yaml';

interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
}

const MARKED = /(<!-- values -->\n)[\s\S]*(<!-- \/values -->)/;

/** The README with the table of values in its marked place: each value with its default from `values.yaml` and its description from the schema. */
export function valuesTable({ schema, values, readme }: { schema: string; values: string; readme: string }): string {
  const rows = rowsOf(JSON.parse(schema) as SchemaNode, parse(values) as unknown, '');
  const table = ['| value | default | what it is |', '|---|---|---|', ...rows].join('\n');
  return readme.replace(MARKED, (_, begin: string, end: string) => `${begin}${table}\n${end}`);
}

function rowsOf(node: SchemaNode, value: unknown, path: string): readonly string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const childPath = path === '' ? name : `${path}.${name}`;
    const childValue = (value as Record<string, unknown> | undefined)?.[name];
    if (child.properties !== undefined) return rowsOf(child, childValue, childPath);
    const one = typeof child.additionalProperties === 'object' ? child.additionalProperties : undefined;
    if (one?.properties !== undefined)
      return [row(childPath, undefined, child), ...rowsOf(one, undefined, `${childPath}.<name>`)];
    return [row(childPath, childValue, child)];
  });
}

function row(path: string, value: unknown, { description = '' }: SchemaNode): string {
  const shown = value === undefined ? '' : `\`${JSON.stringify(value)}\``;
  return `| \`${path}\` | ${shown} | ${description.replaceAll('|', '\\|')} |`;
}
