/**
 * Headers that keep a user's file from acting as a page of the API's origin: types are not guessed, and a page that a browser shows all the same
 * runs in an opaque origin without scripts. Types that can carry script are offered as a download.
 */
export const INERT_CONTENT_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; sandbox",
};

const INLINE_TYPE = /^(?:image\/(?!svg)|audio\/|video\/|text\/plain\b|application\/json\b)/i;

/** `inline` for what a browser only displays, `attachment` for all else; the file's own name in RFC 6266 / RFC 8187 form. */
export function contentDisposition(fileName: string, contentType: string): string {
  const kind = INLINE_TYPE.test(contentType) ? 'inline' : 'attachment';
  const lastSegment = fileName.slice(fileName.lastIndexOf('/') + 1) || 'download';
  const encoded = encodeURIComponent(lastSegment).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename*=UTF-8''${encoded}`;
}

const MEDIA_TYPE =
  /^[!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+(?:[ \t]*;[ \t]*[!#$%&'*+.^_`|~\w-]+=(?:[!#$%&'*+.^_`|~\w-]+|"[\x20\x21\x23-\x7e]*"))*$/;
const MAX_CONTENT_TYPE_CHARACTERS = 255;

/** The uploaded `Content-Type` as it will be served; what is missing, too long or not a media type becomes `application/octet-stream`. */
export function servedContentType(contentType: string | undefined): string {
  if (contentType === undefined || contentType.length > MAX_CONTENT_TYPE_CHARACTERS) return 'application/octet-stream';
  return MEDIA_TYPE.test(contentType) ? contentType : 'application/octet-stream';
}
