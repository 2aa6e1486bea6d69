import { createHash, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { PROBLEM_STATUS, Problem } from '../problems/problem.ts';
import type { Answer, IdempotentRequest } from '../routing/route.ts';
import type { IdempotencyClaim, IdempotencyStore, StoredAnswer } from './idempotency.ts';

export interface ExecuteOnceOptions {
  readonly store: IdempotencyStore;
  /** Whose key it is, what operation, and the key. */
  readonly scope: { readonly caller: string; readonly operation: string; readonly key: string };
  /** Path and query of the request: a key used for another resource is a reused key. */
  readonly target: string;
  /** Canonical text of the body; undefined where the handler reads the body itself and calls `resolveFingerprint`. */
  readonly content: string | undefined;
  /** The content holds a secret: what is kept to compare it with must not be quicker to guess from than the secret's own hash. */
  readonly hasSecretContent?: boolean;
  /** A refusal as it would be sent, so that it can be stored. */
  readonly answerOf: (problem: Problem) => StoredAnswer;
  readonly observe: (outcome: 'executed' | 'replayed' | 'running' | 'reused') => void;
  /** The answer could not be stored, or the claim not released; it ends with its lease. */
  readonly onStoreFailure: (error: unknown) => void;
}

const slowHash = promisify<string, string, number, Buffer>(scrypt);

/** Refusals about the moment and not about the request; the same request may succeed later, so they are not kept. */
const PASSING_STATUS: ReadonlySet<number> = new Set([401, 403, 408, 429]);

/**
 * Runs `execute` at most once a key. Done before with the same request: the stored answer, marked `idempotency-replayed: true`.
 * Kept are answers and the refusals (4xx) that `execute` decided on; what failed (5xx, unexpected errors) or was refused for the moment (401, 403, 408, 429) is released and may be sent again.
 * Refusals before it (authentication, validation) never get here.
 * @throws {Problem} 422 `idempotency_key_reused` for another request, 409 `idempotency_key_running` while the first is under way.
 */
export async function executeOnce(
  options: ExecuteOnceOptions,
  execute: (request: IdempotentRequest) => Promise<Answer | 'streamed'>,
): Promise<Answer | 'streamed'> {
  const fingerprint = await contentFingerprint(options);
  const claim = await options.store.claim(options.scope);
  if (claim.outcome === 'running') {
    options.observe('running');
    throw stillRunning();
  }
  if (claim.outcome === 'done' && options.content !== undefined) return replay(options, claim, fingerprint);
  const execution = new Execution(options, claim, fingerprint);
  const stopRenewing = claim.outcome === 'claimed' ? keepClaim(options, claim.token) : () => undefined;
  let answer: Answer | 'streamed';
  try {
    answer = await execute(execution);
  } catch (error) {
    await execution.fail(error).catch(options.onStoreFailure);
    throw error;
  } finally {
    stopRenewing();
  }
  // The effect has happened: that its answer cannot be kept does not make it a failure, and releasing the key would invite a second effect.
  await execution.settle(answer).catch(options.onStoreFailure);
  return answer;
}

/** An upload may take longer than the claim of a request that died should block its key. */
function keepClaim({ store, onStoreFailure }: ExecuteOnceOptions, token: string): () => void {
  const timer = setInterval(() => store.renew(token).catch(onStoreFailure), store.claimMs / 3);
  return () => clearInterval(timer);
}

/** One execution under a claim, or, where the body has to be read first, the comparison with the answer that is there already. */
class Execution implements IdempotentRequest {
  readonly #options: ExecuteOnceOptions;
  readonly #claim: Exclude<IdempotencyClaim, { outcome: 'running' }>;
  #fingerprint: string;
  #isCompleted = false;

  constructor(options: ExecuteOnceOptions, claim: Exclude<IdempotencyClaim, { outcome: 'running' }>, fingerprint: string) {
    this.#options = options;
    this.#claim = claim;
    this.#fingerprint = fingerprint;
  }

  async complete(answer: Answer, tx: unknown): Promise<void> {
    await this.#store(answer, tx);
    this.#isCompleted = true;
  }

  resolveFingerprint(content: string): Answer | undefined {
    this.#fingerprint = fingerprintOf(this.#options.target, content);
    return this.#claim.outcome === 'done' ? replay(this.#options, this.#claim, this.#fingerprint) : undefined;
  }

  async settle(answer: Answer | 'streamed'): Promise<void> {
    if (this.#claim.outcome === 'done') return;
    this.#options.observe('executed');
    if (this.#isCompleted) return;
    if (answer === 'streamed' || answer.status >= 500) await this.#options.store.release(this.#claim.token);
    else await this.#store(answer);
  }

  async fail(error: unknown): Promise<void> {
    if (this.#claim.outcome === 'done') return;
    if (error instanceof Problem && isKept(error)) await this.#store(this.#options.answerOf(error));
    else await this.#options.store.release(this.#claim.token);
  }

  async #store(answer: Answer, tx?: unknown): Promise<void> {
    if (this.#claim.outcome === 'done') return;
    const stored: StoredAnswer = { status: answer.status, headers: answer.headers ?? {}, body: answer.body };
    await this.#options.store.complete(this.#claim.token, { fingerprint: this.#fingerprint, answer: stored }, tx);
  }
}

function replay(options: ExecuteOnceOptions, done: { fingerprint: string; answer: StoredAnswer }, fingerprint: string): Answer {
  if (done.fingerprint !== fingerprint) {
    options.observe('reused');
    throw keyReused();
  }
  options.observe('replayed');
  return {
    status: done.answer.status,
    body: done.answer.body,
    headers: { ...done.answer.headers, 'idempotency-replayed': 'true' },
  };
}

function isKept(problem: Problem): boolean {
  const status = PROBLEM_STATUS[problem.kind];
  return status < 500 && !PASSING_STATUS.has(status);
}

/** scrypt with Node's defaults (N = 2^14, r = 8, p = 1: 16 MiB, RFC 7914), salted with the key's own scope. */
async function contentFingerprint({ target, content = '', hasSecretContent, scope }: ExecuteOnceOptions): Promise<string> {
  if (hasSecretContent !== true) return fingerprintOf(target, content);
  const salt = JSON.stringify([scope.caller, scope.operation, scope.key]);
  return (await slowHash(`${target}\n${content}`, salt, 32)).toString('hex');
}

function fingerprintOf(target: string, content: string): string {
  return createHash('sha256').update(`${target}\n${content}`).digest('hex');
}

function keyReused(): Problem {
  return new Problem({
    kind: 'unprocessable',
    code: 'idempotency_key_reused',
    detail: 'This Idempotency-Key was used for another request. Send a new key with a new request.',
  });
}

function stillRunning(): Problem {
  return new Problem({
    kind: 'conflict',
    code: 'idempotency_key_running',
    detail: 'The first request with this Idempotency-Key is still under way.',
    headers: { 'retry-after': '1' },
  });
}
