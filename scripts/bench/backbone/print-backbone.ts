import { backboneTargets } from './backbone-targets.ts';
import type { BackboneSummary, Spread, VariantSummary } from './summarize-backbone.ts';

/** Ratios first, then every figure with its spread, then the targets. */
export function printBackbone(summary: BackboneSummary, say: (line: string) => void): void {
  say('');
  for (const { workload, against, median } of summary.ratios) say(`ratio ${workload} ${against} ${median.toFixed(2)}`);
  say('');
  say(row('', ['events/s', 'min', 'max', 'CPU µs/event', 'p50 ms', 'p99 ms']));
  for (const variant of summary.variants) say(variantRow(variant));
  say('');
  for (const { text, wanted, found, isMet } of backboneTargets(summary)) {
    say(`target ${text.padEnd(48)} ${wanted.padEnd(8)} ${found.toFixed(2).padStart(8)}  ${isMet ? 'met' : 'missed'}`);
  }
}

function variantRow(variant: VariantSummary): string {
  const { comparison, eventsPerSecond, cpuUsPerEvent, p50Ms, p99Ms, repeats, invalidRounds } = variant;
  const { median, min, max } = eventsPerSecond;
  const name = comparison === variant.variant ? variant.variant : `${comparison} ${variant.variant}`;
  const notes = [
    repeats > 0 ? `${repeats} repeated` : '',
    invalidRounds > 0 ? `${invalidRounds} rounds without a run that counts` : '',
  ].filter((note) => note !== '');
  const cells = [whole(median), whole(min), whole(max), oneDigit(cpuUsPerEvent), oneDigit(p50Ms), oneDigit(p99Ms)];
  return `${row(name, cells)}${notes.length > 0 ? `  (${notes.join(', ')})` : ''}`;
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(40) + cells.map((cell) => cell.padStart(13)).join('');
}

function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–';
}

function oneDigit(spread: Spread | undefined): string {
  return spread === undefined ? '–' : spread.median.toFixed(1);
}
