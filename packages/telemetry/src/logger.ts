import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { currentEventId } from './event-context.ts';
import { currentSpanIds } from './trace-context.ts';
import { withoutCredentials } from './without-credentials.ts';

export type { Logger } from 'pino';

/** Least severe first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  /** Field `service` of every line. */
  readonly name: string;
  readonly level: LogLevel;
  /** (Default: standard output, written synchronously so that the last line before a crash is there) */
  readonly destination?: DestinationStream;
}

/** Names under which a secret would travel; whatever carries one is replaced at any of the depths that log lines have. */
const SECRET_NAMES = [
  'authorization',
  'Authorization',
  'cookie',
  'password',
  'passwordHash',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'internalToken',
  'x-internal-token',
  'secret',
  'privateKey',
  'connectionString',
  'databaseUrl',
  'redisUrl',
] as const;

const SECRET_PATHS = SECRET_NAMES.flatMap((name) => ['', '*.', '*.*.', '*.*.*.'].map((depth) => pathTo(depth, name)));

/**
 * A logger that writes one JSON line a message: a sentence with its ids, the time, and the trace, span and event it happened in.
 * Errors are reduced to class, code, message and stack with their causes; requests and answers are never logged whole.
 */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.name },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: contextFields,
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
      serializers: { err: describeError, error: describeError, req: omitted, res: omitted, request: omitted, response: omitted },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

function contextFields(): Record<string, string> {
  const ids = currentSpanIds();
  const eventId = currentEventId();
  return {
    ...(ids && { trace_id: ids.traceId, span_id: ids.spanId }),
    ...(eventId !== undefined && { event_id: eventId }),
  };
}

interface ErrorFields {
  readonly class: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

/** Drivers hang requests, configurations and rows on their errors; these five fields are all that is let through. */
function describeError(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { class: typeof error, message: String(error) };
  const code = (error as { code?: unknown }).code;
  return {
    class: error.name,
    ...(typeof code === 'string' && { code }),
    message: withoutCredentials(error.message),
    ...(error.stack !== undefined && { stack: withoutCredentials(error.stack) }),
    ...(error.cause !== undefined && depth < 5 && { cause: describeError(error.cause, depth + 1) }),
  };
}

function omitted(): string {
  return '[omitted]';
}

function pathTo(depth: string, name: string): string {
  return name.includes('-') ? `${depth.replace(/\.$/, '')}["${name}"]` : `${depth}${name}`;
}
