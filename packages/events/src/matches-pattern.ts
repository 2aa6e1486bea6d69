import { EventError } from './event-error.ts';

const VERSION_SUFFIX = /\.v\d+$/;
const BACKBONE_TOPIC = /\.dlq$|\.replay$|\.retry\.(?:\d+(?:ms|s|m|h|d))+$|^throughline\./;

/** Whether a topic is one of the backbone's own: `<group>.retry.<delay>`, `<group>.replay`, `<group>.dlq`, and everything that begins with `throughline.`. */
export function isBackboneTopic(name: string): boolean {
  return BACKBONE_TOPIC.test(name.replace(VERSION_SUFFIX, ''));
}

/**
 * Whether a topic or an event type is one that the pattern means. `*` is one or more segments, `#` alone is everything, a trailing `.vN` is
 * ignored on both sides, letters count as they are written. Topics of the backbone itself never match, not even their own name.
 *
 * @throws {EventError} `CONFIGURATION_REFUSED` for a pattern with an empty segment, or a wildcard that is only a part of a segment
 * @example matchesPattern('file.*', 'file.media.processed') // true
 */
export function matchesPattern(pattern: string, name: string): boolean {
  const wanted = segmentsOf(pattern);
  if (isBackboneTopic(name)) return false;
  return pattern === '#' || matchesSegments(wanted, name.replace(VERSION_SUFFIX, '').split('.'));
}

function segmentsOf(pattern: string): readonly string[] {
  if (pattern === '#') return [];
  const segments = pattern.replace(VERSION_SUFFIX, '').split('.');
  const wrong = segments.find((segment) => segment === '' || (segment !== '*' && /[*#]/.test(segment)));
  if (wrong === undefined) return segments;
  throw new EventError(
    'CONFIGURATION_REFUSED',
    `Pattern ${JSON.stringify(pattern)} is refused: segments must not be empty, * stands for whole segments, # stands alone`,
  );
}

/** Greedy matching with one point to return to: at most (segments of the pattern × segments of the name) steps. */
function matchesSegments(wanted: readonly string[], given: readonly string[]): boolean {
  let at = 0;
  let afterStar = -1;
  let starEnd = 0;
  for (let index = 0; index < given.length; ) {
    if (wanted[at] === '*') {
      starEnd = ++index;
      afterStar = ++at;
    } else if (wanted[at] === given[index]) {
      at++;
      index++;
    } else if (afterStar >= 0) {
      index = ++starEnd;
      at = afterStar;
    } else {
      return false;
    }
  }
  return at === wanted.length;
}
