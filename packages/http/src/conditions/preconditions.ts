import type { IncomingHttpHeaders } from 'node:http';
import { type EntityTag, parseEntityTags, tagsMatch } from './entity-tags.ts';
import { parseHttpDate } from './http-date.ts';

export interface PreconditionOptions {
  /** The present representation's entity tag with its quotes; undefined when there is none. */
  readonly etag: string | undefined;
  /** When the present representation last changed. */
  readonly lastModified?: Date;
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
}

/**
 * Evaluates a request's conditions in the order of RFC 9110 §13.2.2: `proceed`, `not-modified` (304; GET and HEAD only) or `failed` (412).
 * An `If-Match` that cannot be read matches nothing; an `If-None-Match` that cannot be read fails a write and is overlooked by a read.
 */
export function evaluatePreconditions(options: PreconditionOptions): 'proceed' | 'not-modified' | 'failed' {
  const { headers } = options;
  const isRead = options.method === 'GET' || options.method === 'HEAD';
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, options.etag, 'strong')) return 'failed';
  } else if (isModifiedSince(headers['if-unmodified-since'], options.lastModified) === true) {
    return 'failed';
  }
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) {
    if (parseEntityTags(ifNoneMatch) === undefined) return isRead ? 'proceed' : 'failed';
    if (!matches(ifNoneMatch, options.etag, 'weak')) return 'proceed';
    return isRead ? 'not-modified' : 'failed';
  }
  if (isRead && isModifiedSince(headers['if-modified-since'], options.lastModified) === false) return 'not-modified';
  return 'proceed';
}

/**
 * Whether a `Range` may be honoured: there is no `If-Range`, or it names the present representation by its strong entity tag (§13.1.5).
 * A date never does: a representation may change twice within a second, so that a date is a weak validator (§8.8.2.2), and parts of two would be put together.
 */
export function isRangeCurrent(options: Pick<PreconditionOptions, 'etag' | 'headers'>): boolean {
  const ifRange = options.headers['if-range'];
  if (typeof ifRange !== 'string') return true;
  const tags = parseEntityTags(ifRange);
  return Array.isArray(tags) && tags.length === 1 && matches(ifRange, options.etag, 'strong');
}

function matches(header: string, etag: string | undefined, comparison: 'strong' | 'weak'): boolean {
  if (etag === undefined) return false;
  const asked = parseEntityTags(header);
  if (asked === '*') return true;
  const present = parseEntityTags(etag) as readonly EntityTag[] | undefined;
  return (
    asked !== undefined && present !== undefined && asked.some((tag) => present.some((own) => tagsMatch(tag, own, comparison)))
  );
}

/** Undefined when the header is absent, is no date, or there is nothing to compare it with. */
function isModifiedSince(header: string | undefined, lastModified: Date | undefined): boolean | undefined {
  if (header === undefined || lastModified === undefined) return undefined;
  const time = parseHttpDate(header);
  return time === undefined ? undefined : wholeSeconds(lastModified) > time;
}

/** HTTP dates have no fractions. */
function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
