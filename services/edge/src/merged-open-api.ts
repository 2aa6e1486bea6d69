import { mergeOpenApi, type OpenApiDocument, type OpenApiInfo, Problem } from '@throughline/http';
import type { Upstream } from './forward-request.ts';

export interface MergedOpenApiOptions {
  readonly upstreams: readonly Upstream[];
  readonly info: OpenApiInfo;
  /** (Default: 2 000) */
  readonly timeoutMs?: number;
  /** The document is kept for so long, milliseconds. (Default: 5 000) */
  readonly maxAgeMs?: number;
  /** (Default: Date.now) */
  readonly clock?: () => number;
}

/** One document of what several services say about themselves. @throws {Problem} 503 `upstream_unavailable` naming a service that does not answer. */
export function createMergedOpenApi(options: MergedOpenApiOptions): () => Promise<OpenApiDocument> {
  const { upstreams, info, timeoutMs = 2_000, maxAgeMs = 5_000, clock = Date.now } = options;
  let merged: { readonly madeAtMs: number; readonly document: OpenApiDocument } | undefined;
  return async () => {
    if (merged === undefined || clock() - merged.madeAtMs >= maxAgeMs) {
      const documents = await Promise.all(upstreams.map((upstream) => fetchDocument(upstream, timeoutMs)));
      merged = { madeAtMs: clock(), document: mergeOpenApi(documents, info) };
    }
    return merged.document;
  };
}

async function fetchDocument({ name, url }: Upstream, timeoutMs: number): Promise<OpenApiDocument> {
  try {
    const answer = await fetch(new URL('/openapi.json', url), { signal: AbortSignal.timeout(timeoutMs) });
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    return (await answer.json()) as OpenApiDocument;
  } catch {
    throw upstreamUnavailable(name);
  }
}

/** What a client reads when a service is away. */
export function upstreamUnavailable(name: string): Problem {
  return new Problem({
    kind: 'unavailable',
    code: 'upstream_unavailable',
    detail: `The ${name} service does not answer at the moment.`,
    headers: { 'retry-after': '1' },
  });
}
