/** One answer, read to its end. */
export interface ReadAnswer {
  readonly status: number;
  readonly bodyBytes: number;
  /** The answer's beginning, for its headers and for fault messages. */
  readonly head: string;
  /** The body's beginning, as much of it as the reader was asked to keep. */
  readonly body: string;
}

interface OpenAnswer {
  readonly status: number;
  readonly bodyBytes: number;
  readonly head: string;
  missing: number;
  kept: string;
}

/**
 * Reads HTTP/1.1 answers of one connection by their Content-Length. Bodies are counted and, beyond `keptBytes` (default 0), not kept, so that
 * the generator costs little beside the servers that share its cores.
 */
export function createAnswerReader(
  onAnswer: (answer: ReadAnswer) => void,
  { keptBytes = 0 }: { readonly keptBytes?: number } = {},
): (chunk: Buffer) => void {
  let head = Buffer.alloc(0);
  let current: OpenAnswer | undefined;

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
    const wanted = Math.min(taken, keptBytes - current.kept.length);
    if (wanted > 0) current.kept += chunk.toString('latin1', 0, wanted);
    current.missing -= taken;
    if (current.missing > 0) return;
    const { status, bodyBytes, head: text, kept } = current;
    current = undefined;
    onAnswer({ status, bodyBytes, head: text, body: kept });
    if (taken < chunk.length) read(chunk.subarray(taken));
  };

  return read;
}

/** @throws {Error} for an answer without Content-Length, which this generator does not read. */
function beginAnswer(head: string): OpenAnswer {
  const status = Number(head.slice(9, 12));
  if (status === 100) return { status, bodyBytes: 0, head, missing: 0, kept: '' };
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined && status !== 204) throw new Error(`answer without Content-Length: ${head.slice(0, 200)}`);
  const bodyBytes = Number(length ?? 0);
  return { status, bodyBytes, head, missing: bodyBytes, kept: '' };
}
