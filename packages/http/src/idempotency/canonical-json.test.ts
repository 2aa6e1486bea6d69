import { canonicalJson } from './canonical-json.ts';

describe('canonicalJson', () => {
  it('does not depend on the order of fields, at any depth', () => {
    expect(canonicalJson({ b: [{ y: 1, x: 'é' }], a: null })).toBe('{"a":null,"b":[{"x":"é","y":1}]}');
    expect(canonicalJson(JSON.parse('{"a":1,"b":{"c":2,"d":3}}'))).toBe(canonicalJson(JSON.parse('{"b":{"d":3,"c":2},"a":1}')));
  });

  it('keeps the order of lists and tells types apart', () => {
    expect(canonicalJson([1, '1', true, null])).toBe('[1,"1",true,null]');
    expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
  });
});
