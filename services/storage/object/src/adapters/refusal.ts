/** Rolls a transaction back with a domain "no" that its caller turns into a result. Never leaves this folder. */
export class Refusal<Result> extends Error {
  readonly result: Result;

  constructor(result: Result) {
    super('the transaction was refused');
    this.name = 'Refusal';
    this.result = result;
  }
}

/** Runs `work`; a Refusal that it throws becomes the result. */
export async function refusable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return error.result as Result;
    throw error;
  }
}
