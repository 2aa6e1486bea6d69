import fc from 'fast-check';
import { compileContract } from './compile-contract.ts';
import type { ContractView } from './contract-registry.ts';

type Schema = Record<string, unknown>;

const TEXT = { type: 'string' };
const object = (properties: Schema, others: Schema = {}): Schema => ({ type: 'object', properties, ...others });

function pathsOf(schema: Schema, value: unknown, view: ContractView): string[] {
  return compileContract(schema)(value, view).map(({ path }) => path);
}

describe('the closed view', () => {
  it.each<[string, Schema, unknown, string]>([
    ['the root', object({ a: TEXT }), { a: '', x: 1 }, '/x'],
    ['an object in an object', object({ o: object({ a: TEXT }) }), { o: { x: 1 } }, '/o/x'],
    ['objects of a list', object({ l: { type: 'array', items: object({ a: TEXT }) } }), { l: [{}, { x: 1 }] }, '/l/1/x'],
    [
      'objects of a tuple',
      object({ l: { type: 'array', prefixItems: [object({})], minItems: 1, items: false } }),
      { l: [{ x: 1 }] },
      '/l/0/x',
    ],
    ['the values of a map', object({}, { additionalProperties: object({ a: TEXT }) }), { any: { x: 1 } }, '/any/x'],
    ['values by pattern', { type: 'object', patternProperties: { '^p': object({}) } }, { p1: { x: 1 } }, '/p1/x'],
    ['an object that may be null', object({ o: { type: ['object', 'null'], properties: { a: TEXT } } }), { o: { x: 1 } }, '/o/x'],
    [
      'what is referred to',
      object({ o: { $ref: '#/$defs/o' } }, { $defs: { o: object({ a: TEXT }) } }),
      { o: { a: '', x: 1 } },
      '/o/x',
    ],
    [
      'what is inside of that',
      object({ o: { $ref: '#/$defs/o' } }, { $defs: { o: object({ i: object({}) }) } }),
      { o: { i: { x: 1 } } },
      '/o/i/x',
    ],
    ['a composition', { type: 'object', allOf: [object({ a: TEXT }), object({ b: TEXT })] }, { a: '', b: '', x: 1 }, '/x'],
    [
      'one of several',
      { oneOf: [object({ a: TEXT }, { required: ['a'] }), object({ b: TEXT }, { required: ['b'] })] },
      { a: '', x: 1 },
      '/x',
    ],
  ])('closes %s', (_name, schema, value, path) => {
    expect(pathsOf(schema, value, 'closed')).toEqual([path]);
    expect(pathsOf(schema, value, 'open')).toEqual([]);
  });

  it.each<[string, Schema, unknown]>([
    ['what says that it is open', object({ o: object({}, { additionalProperties: true }) }), { o: { x: 1 } }],
    ['what says so of unevaluated properties', object({ o: object({}, { unevaluatedProperties: true }) }), { o: { x: 1 } }],
    ['a value of any kind', object({ any: true, other: {} }), { any: { x: 1 }, other: { y: 1 } }],
    ['all parts of a composition', { type: 'object', allOf: [object({ a: TEXT }), object({ b: TEXT })] }, { a: '', b: '' }],
    [
      'the branch that applies',
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      object({ k: TEXT }, { if: object({ k: { const: 'n' } }), then: object({ n: TEXT }) }),
      { k: 'n', n: '' },
    ],
    [
      'questions',
      object({ o: object({ a: TEXT, b: TEXT }) }, { not: object({ o: object({ a: { const: 'no' } }) }) }),
      { o: { a: '', b: '' } },
    ],
    ['an absent property', object({ a: TEXT }), {}],
  ])('leaves alone %s', (_name, schema, value) => {
    expect(pathsOf(schema, value, 'closed')).toEqual([]);
  });

  it('asks the same questions as the open one', () => {
    const schema = object({ o: object({ a: TEXT, b: TEXT }) }, { not: object({ o: object({ a: { const: 'no' } }) }) });
    expect(pathsOf(schema, { o: { a: 'no', b: '' } }, 'closed')).toEqual(['']);
  });

  it('lets a part name loosely what another describes, when it says so', () => {
    const base = object({ p: { type: 'object', additionalProperties: true } });
    const schema = object({ p: object({ a: TEXT }) }, { allOf: [base] });
    expect(pathsOf(schema, { p: { a: '' } }, 'closed')).toEqual([]);
    expect(pathsOf(schema, { p: { a: '', x: 1 } }, 'closed')).toEqual(['/p/x']);
  });

  it('refuses what no consumer accepts, although only one branch is left when closed', () => {
    const schema = { type: 'object', oneOf: [object({ o: object({ a: TEXT }) }), object({ o: object({ b: TEXT }) })] };
    expect(pathsOf(schema, { o: { a: '' } }, 'open')).not.toEqual([]);
    expect(pathsOf(schema, { o: { a: '' } }, 'closed')).not.toEqual([]);
  });

  it('never accepts what the open view refuses', () => {
    const schema = object(
      {
        a: { type: 'integer' },
        o: object({ b: TEXT }, { required: ['b'] }),
        l: { type: 'array', items: object({ c: { type: 'boolean' } }) },
      },
      { required: ['a'] },
    );
    const validate = compileContract(schema);
    const key = fc.constantFrom('a', 'o', 'l', 'b', 'c', 'x');
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, fc.integer(), fc.boolean(), fc.string(), tie('list'), tie('map')),
      list: fc.array(tie('value'), { maxLength: 3 }),
      map: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    }));
    fc.assert(fc.property(value, (given) => validate(given, 'closed').length > 0 || validate(given, 'open').length === 0));
  });

  it('does not change the schema that it is given', () => {
    const schema = object({ o: object({ a: TEXT }) });
    const before = JSON.stringify(schema);
    compileContract(schema);
    expect(JSON.stringify(schema)).toBe(before);
  });
});

describe('violations', () => {
  it('come all at once, with pointer, rule and words', () => {
    const schema = object(
      {
        id: { type: 'string', format: 'uuid' },
        kind: { const: 'A' },
        level: { enum: ['LOW', 'HIGH'] },
        size: { type: 'integer', minimum: 0 },
      },
      { required: ['id', 'name/~'] },
    );
    expect(compileContract(schema)({ id: 'x', kind: 'B', level: 'MID', size: -1, extra: 1 }, 'closed')).toEqual([
      { path: '/name~1~0', rule: 'required', message: "must have required property 'name/~'" },
      { path: '/extra', rule: 'additionalProperties', message: "must not have the property 'extra'" },
      { path: '/id', rule: 'format', message: 'must match format "uuid"' },
      { path: '/kind', rule: 'const', message: 'must be "A"' },
      { path: '/level', rule: 'enum', message: 'must be one of ["LOW","HIGH"]' },
      { path: '/size', rule: 'minimum', message: 'must be >= 0' },
    ]);
  });

  it('never quote the value', () => {
    const schema = object({ token: { type: 'string', maxLength: 3, pattern: '^a' } });
    expect(JSON.stringify(compileContract(schema)({ token: 'hunter2' }, 'closed'))).not.toContain('hunter2');
  });

  it('are 100 at most', () => {
    const schema = { type: 'array', items: TEXT };
    expect(compileContract(schema)(Array(1000).fill(0), 'open')).toHaveLength(100);
  });
});
