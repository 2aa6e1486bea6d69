import type { IncomingMessage } from 'node:http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';

/** Asked every few seconds by the platform; a trace of them tells nothing. */
const UNTRACED_PATHS: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz', '/metrics']);

/** Takes trace context from requests and gives it to calls made while answering them. */
export function createHttpInstrumentation(): HttpInstrumentation {
  return new HttpInstrumentation({ ignoreIncomingRequestHook: isUntraced, requireParentforOutgoingSpans: true });
}

function isUntraced(request: IncomingMessage): boolean {
  return UNTRACED_PATHS.has((request.url ?? '').split('?')[0] ?? '');
}
