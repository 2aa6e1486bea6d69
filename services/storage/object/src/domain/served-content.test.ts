import { contentDisposition, servedContentType } from './served-content.ts';

describe('contentDisposition', () => {
  it.each([
    ['a.png', 'image/png', "inline; filename*=UTF-8''a.png"],
    ['x/y/a b.txt', 'text/plain; charset=utf-8', "inline; filename*=UTF-8''a%20b.txt"],
    ['page.html', 'text/html', "attachment; filename*=UTF-8''page.html"],
    ['evil.svg', 'image/svg+xml', "attachment; filename*=UTF-8''evil.svg"],
    ['a"; x="\r\n.bin', 'application/octet-stream', "attachment; filename*=UTF-8''a%22%3B%20x%3D%22%0D%0A.bin"],
    ["it's (1)*.pdf", 'application/pdf', "attachment; filename*=UTF-8''it%27s%20%281%29%2A.pdf"],
    ['folder/', 'text/xml', "attachment; filename*=UTF-8''download"],
  ])('%j as %j', (name, type, expected) => {
    expect(contentDisposition(name, type)).toBe(expected);
  });
});

describe('servedContentType', () => {
  it.each(['image/png', 'text/plain; charset=utf-8', 'application/vnd.api+json', 'text/x; a="b c"'])('keeps %j', (type) => {
    expect(servedContentType(type)).toBe(type);
  });

  it.each([undefined, '', 'nonsense', 'a/b\r\nx: y', `text/${'x'.repeat(300)}`])('does not serve %j', (type) => {
    expect(servedContentType(type)).toBe('application/octet-stream');
  });
});
