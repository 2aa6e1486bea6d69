/** One answer, read to its end. */
export interface ReadAnswer {
  readonly status: number;
  readonly bodyBytes: number;
  /** The answer's beginning, for fault messages. */
  readonly head: string;
}

/**
 * Reads HTTP/1.1 answers of one connection by their Content-Length. The body is counted and not kept, so that the generator
 * costs little beside the servers that share its cores.
 */
export function createAnswerReader(onAnswer: (answer: ReadAnswer) => void): (chunk: Buffer) => void {
  let head = Buffer.alloc(0);
  let current: (ReadAnswer & { missing: number }) | undefined;

  const read = (chunk: Buffer): void => {
    if (current === undefined) {
      head = head.length === 0 ? Buffer.from(chunk) : Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      const rest = head.subarray(end + 4);
      current = beginAnswer(head.toString('latin1', 0, end));
      head = Buffer.alloc(0);
      count(rest);
    } else {
      count(chunk);
    }
  };

  const count = (chunk: Buffer): void => {
    if (current === undefined) return;
    const taken = Math.min(current.missing, chunk.length);
    current.missing -= taken;
    if (current.missing > 0) return;
    const { status, bodyBytes, head: text } = current;
    current = undefined;
    onAnswer({ status, bodyBytes, head: text });
    if (taken < chunk.length) read(chunk.subarray(taken));
  };

  return read;
}

/** @throws {Error} for an answer without Content-Length, which this generator does not read. */
function beginAnswer(head: string): ReadAnswer & { missing: number } {
  const status = Number(head.slice(9, 12));
  if (status === 100) return { status, bodyBytes: 0, head, missing: 0 };
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined && status !== 204) throw new Error(`answer without Content-Length: ${head.slice(0, 200)}`);
  const bodyBytes = Number(length ?? 0);
  return { status, bodyBytes, head, missing: bodyBytes };
}
