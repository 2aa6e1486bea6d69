/** The rule for a bucket's name, for people. */
export const BUCKET_NAME_RULE =
  '3 to 63 of a-z, 0-9, dot and hyphen; begins and ends with a letter or digit; no dot beside a dot or hyphen; not formed like an IPv4 address';

/** The same rule as a regular expression: what S3 asks of a name, so that a name is also a host name's part. */
export const BUCKET_NAME_PATTERN = String.raw`^(?!.*(?:\.\.|\.-|-\.))(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`;
