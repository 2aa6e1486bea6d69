import { createAnswerReader, type ReadAnswer } from './answer-reader.ts';

const WIRE = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}',
);

function readIn(size: number, keptBytes?: number): ReadAnswer[] {
  const answers: ReadAnswer[] = [];
  const read = createAnswerReader((answer) => answers.push(answer), keptBytes === undefined ? {} : { keptBytes });
  for (let start = 0; start < WIRE.length; start += size) read(WIRE.subarray(start, start + size));
  return answers;
}

describe('createAnswerReader', () => {
  it.each([1, 2, 3, 7, 19, 40, 1_000])('reads answers that arrive in pieces of %d bytes', (size) => {
    expect(readIn(size).map(({ status, bodyBytes }) => [status, bodyBytes])).toEqual([
      [200, 5],
      [204, 0],
      [201, 2],
    ]);
  });

  it.each([1, 3, 40, 1_000])('keeps what it is asked to of bodies that arrive in pieces of %d bytes', (size) => {
    expect(readIn(size).map(({ body }) => body)).toEqual(['', '', '']);
    expect(readIn(size, 3).map(({ body }) => body)).toEqual(['hel', '', '{}']);
  });

  it('refuses an answer whose length it cannot know', () => {
    const read = createAnswerReader(() => undefined);
    expect(() => read(Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'))).toThrow('Content-Length');
  });
});
