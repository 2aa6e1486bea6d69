import { codes } from 'currency-codes';

/** In force since 31 March 2025 (amendment 176), and newer than the library's list. */
const NEWER = ['XCG'];

const KNOWN: ReadonlySet<string> = new Set([...codes(), ...NEWER]);

/** Whether ISO 4217 lists the code as one that is in use. Node's own list also has some that were given up. */
export function isCurrency(code: string): boolean {
  return KNOWN.has(code);
}
