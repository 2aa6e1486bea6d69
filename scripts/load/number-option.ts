/** The number that an option was given. @throws {Error} when it is none, or less than `least` */
export function numberOption(option: string, text: string, least: number): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < least) throw new Error(`${option} takes a number from ${least} on, not ${text}`);
  return number;
}
