import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { type FieldError, Problem, validationFailed } from '@throughline/http';
import busboy from 'busboy';
import type { LabelChanges } from '../domain/next-object.ts';
import { isAccessLevel, labelFaults, parseTagList } from '../domain/object-labels.ts';
import { objectNameFault } from '../domain/object-name.ts';

/** What a form says beside the bytes of its file; known once the whole form was read, because fields may follow the file. */
export interface UploadForm {
  readonly fileName: string;
  readonly contentType: string;
  readonly labels: LabelChanges;
  /** Every fault of the form. */
  readonly errors: readonly FieldError[];
}

const FIELDS = ['description', 'tags', 'accessLevel'];
const LIMITS = { files: 2, fields: 20, parts: 22, fieldSize: 32_768, fieldNameSize: 100, headerPairs: 50 };

/** So many bytes of files that are not taken are read to learn of the form's other faults. */
const MAX_DRAINED_BYTES = 1_048_576;

/** Makes something of the file's bytes (undefined: the form has none) and, once it was read to its end, of the form. */
export type TakeFile<Result> = (file: AsyncIterable<Buffer> | undefined, form: Promise<UploadForm>) => Promise<Result>;

/**
 * Reads a `multipart/form-data` request, handing the file's bytes to `take` as they come. The request stays usable for an answer whatever fails.
 * @throws {Problem} 415 `unsupported_media_type`, 400 `multipart_malformed`, 422 `validation_failed` when much comes that is not the file; what `take` throws; an Error when the client went away.
 */
export async function readMultipart<Result>(request: IncomingMessage, take: TakeFile<Result>): Promise<Result> {
  const parser = createParser(request);
  const collected = collectForm(parser);
  let taking: Promise<Result> | undefined;
  let drainedBytes = 0;
  const parsing = parse(request, parser);
  const form = parsing.then(() => collected.form());
  form.catch(() => {});
  parser.on('file', (field, stream, info) => {
    // Also without a reader of its own a stream that ends early must not bring the process down.
    stream.on('error', () => {});
    if (taking !== undefined || field !== 'file') {
      collected.refuseFile(field);
      stream.on('data', (chunk: Buffer) => {
        drainedBytes += chunk.length;
        if (drainedBytes > MAX_DRAINED_BYTES) parser.destroy(validationFailed(collected.errors));
      });
      return;
    }
    collected.file = { fileName: info.filename ?? '', contentType: info.mimeType };
    taking = take(stream as AsyncIterable<Buffer>, form);
    // Once the bytes are refused nothing more has to be parsed.
    taking.catch((error) => parser.destroy(error));
  });
  try {
    await parsing.catch(() => {});
    return await (taking ?? form.then(() => take(undefined, form)));
  } catch (error) {
    throw isFormFault(error) ? malformed() : error;
  }
}

/** Like `pipeline`, which would destroy the request and with it the connection that the refusal has to take. */
async function parse(request: IncomingMessage, parser: busboy.Busboy): Promise<void> {
  const onClose = () => {
    if (!request.complete) parser.destroy(new Error('The client went away during its upload.'));
  };
  request.once('close', onClose);
  request.pipe(parser);
  try {
    await finished(parser);
  } finally {
    request.off('close', onClose);
    request.unpipe(parser);
    request.resume();
    parser.destroy();
  }
}

const FORM_FAULTS: ReadonlySet<string> = new Set(['Unexpected end of form', 'Unexpected end of file', 'Malformed part header']);

function isFormFault(error: unknown): boolean {
  return error instanceof Error && FORM_FAULTS.has(error.message);
}

function createParser(request: IncomingMessage): busboy.Busboy {
  if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')) throw notMultipart();
  try {
    return busboy({ headers: request.headers, limits: LIMITS, preservePath: true, defParamCharset: 'utf8' });
  } catch {
    throw notMultipart();
  }
}

function collectForm(parser: busboy.Busboy) {
  const errors: FieldError[] = [];
  const fields = new Map<string, string>();
  // The parser drops what is above a limit without a word, labels among it.
  parser.once('fieldsLimit', () => errors.push({ field: 'body', message: `must have at most ${LIMITS.fields} fields` }));
  parser.once('filesLimit', () => errors.push({ field: 'body', message: 'must have one file' }));
  parser.once('partsLimit', () => errors.push({ field: 'body', message: `must have at most ${LIMITS.parts} parts` }));
  parser.on('field', (name: string | undefined, value, { valueTruncated }) => {
    if (name === undefined) errors.push({ field: 'body', message: 'has a part without a name' });
    else if (name === 'file') errors.push({ field: 'body/file', message: 'must be a file: its part needs a filename' });
    else if (!FIELDS.includes(name))
      errors.push({ field: `body/${name}`, message: `is not known; a form has file, ${FIELDS.join(', ')}` });
    else if (fields.has(name) && name !== 'tags') errors.push({ field: `body/${name}`, message: 'must be given once' });
    else if (valueTruncated) errors.push({ field: `body/${name}`, message: `must be at most ${LIMITS.fieldSize} bytes` });
    else fields.set(name, fields.has(name) ? `${fields.get(name)},${value}` : value);
  });
  return {
    /** Those found so far. */
    errors,
    file: undefined as { fileName: string; contentType: string } | undefined,
    refuseFile(name: string) {
      errors.push({
        field: `body/${name}`,
        message: name === 'file' ? 'must be given once' : 'is not known; the file is called file',
      });
    },
    form(): UploadForm {
      const { fileName = '', contentType = '' } = this.file ?? {};
      const message = this.file === undefined ? 'must be given' : objectNameFault(fileName);
      if (message !== undefined) errors.push({ field: this.file === undefined ? 'body/file' : 'body/file/filename', message });
      return { fileName, contentType, ...readLabels(fields, errors) };
    },
  };
}

function readLabels(fields: ReadonlyMap<string, string>, errors: readonly FieldError[]): Pick<UploadForm, 'labels' | 'errors'> {
  const description = fields.get('description');
  const tagList = fields.get('tags');
  const tags = tagList === undefined ? undefined : parseTagList(tagList);
  const accessLevel = fields.get('accessLevel');
  const faults = labelFaults({ description, tags, accessLevel }).map(({ field, message }) => ({
    field: `body/${field}`,
    message,
  }));
  const labels = {
    description,
    tags,
    accessLevel: accessLevel !== undefined && isAccessLevel(accessLevel) ? accessLevel : undefined,
  };
  return { labels, errors: [...errors, ...faults] };
}

function notMultipart(): Problem {
  return new Problem({
    kind: 'unsupported-media-type',
    code: 'unsupported_media_type',
    detail: 'This operation takes multipart/form-data with a boundary.',
  });
}

function malformed(): Problem {
  return new Problem({ kind: 'malformed', code: 'multipart_malformed', detail: 'The body is not complete multipart/form-data.' });
}
