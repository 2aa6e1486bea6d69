/** Leads requests whose path fits `pattern` to the service `upstream`. */
export interface EdgeRoute {
  /** Segments: a literal, `*` for exactly one that is no dot segment, and at the end `**` for the rest, however much there is. */
  readonly pattern: string;
  readonly upstream: string;
  /** The rest is a name in which dot segments have no meaning; the service refuses or takes it. (Default: false, such a path leads nowhere) */
  readonly takesDotSegments?: boolean;
}

/**
 * The upstream of a path, that of the first route which fits, or undefined where it leads nowhere. The path is compared as it was sent: nothing is decoded, joined or normalised,
 * so that the edge and the service can never mean different paths.
 */
export function findUpstream(routes: readonly EdgeRoute[], rawPath: string): string | undefined {
  if (!rawPath.startsWith('/')) return undefined;
  const segments = rawPath.slice(1).split('/');
  const hasDots = segments.some(isDotSegment);
  return routes.find((route) => (route.takesDotSegments === true || !hasDots) && fits(route.pattern, segments))?.upstream;
}

function fits(pattern: string, segments: readonly string[]): boolean {
  const expected = pattern.slice(1).split('/');
  const isOpenEnded = expected.at(-1) === '**';
  const fixed = isOpenEnded ? expected.slice(0, -1) : expected;
  if (isOpenEnded ? segments.length < fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((literal, index) => (literal === '*' ? isName(segments[index]) : literal === segments[index]));
}

function isName(segment: string | undefined): boolean {
  return segment !== undefined && segment !== '' && !isDotSegment(segment);
}

/** `.` and `..`, also where the dots are percent-encoded (RFC 3986, 5.2.4 and 6.2.2.2). */
function isDotSegment(segment: string): boolean {
  return segment.length <= 6 && /^(?:\.|%2e){1,2}$/i.test(segment);
}
