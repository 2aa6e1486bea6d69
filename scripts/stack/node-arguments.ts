/**
 * Arguments of Node for every service of the local stack. A heap that may grow to gigabytes is hardly collected while it is small: after 10,000 uploads the object
 * service had 240 MiB resident, of which a collection gave 95 back. The limit is ten times what lives there, and makes V8 collect in time; bytes of objects are not in it.
 */
export const NODE_ARGUMENTS: readonly string[] = [
  '--max-semi-space-size=8',
  '--max-old-space-size=384',
  '--import',
  '@throughline/telemetry/register',
];
