export interface RateSearchOptions {
  /** Tried first, requests a second. */
  readonly first: number;
  /** From one rate that holds to the next one tried. */
  readonly growth: number;
  /** Halvings of what lies between the highest that held and the lowest that did not. */
  readonly refinements: number;
  readonly holds: (rate: number) => Promise<boolean>;
  /** A longer look at what the search found. */
  readonly confirms: (rate: number) => Promise<boolean>;
}

const ROUND_TO = 10;
/** What a longer look does not confirm is tried again with so much of it. */
const STEP_DOWN = 0.92;
const LEAST_RATE = 20;

/** The highest rate that holds: up in steps, then closer, then confirmed for longer. @throws {Error} when not even the least rate holds */
export async function findHighestRate(options: RateSearchOptions): Promise<number> {
  const { growth, refinements, holds, confirms } = options;
  let [low, high] = await rampUp(options);
  for (let n = 0; n < refinements && low > 0; n += 1) {
    const middle = rounded(Math.sqrt(low * high));
    if (middle <= low || middle >= high) break;
    if (await holds(middle)) low = middle;
    else high = middle;
  }
  for (let rate = low > 0 ? low : roundedDown(high / growth); rate >= LEAST_RATE; rate = roundedDown(rate * STEP_DOWN)) {
    if (await confirms(rate)) return rate;
  }
  throw new Error(`no rate holds, not even ${LEAST_RATE} a second`);
}

/** @returns the highest that held (0 for none), and the lowest that did not */
async function rampUp({ first, growth, holds }: RateSearchOptions): Promise<[number, number]> {
  let low = 0;
  for (let rate = first; ; rate = rounded(rate * growth)) {
    if (!(await holds(rate))) return [low, rate];
    low = rate;
  }
}

function rounded(rate: number): number {
  return Math.round(rate / ROUND_TO) * ROUND_TO;
}

/** Below what it was even where the step is smaller than what is rounded to. */
function roundedDown(rate: number): number {
  return Math.floor(rate / ROUND_TO) * ROUND_TO;
}
