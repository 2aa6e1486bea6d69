import type { IntakeSummary } from './summarize-intake.ts';

/** Ratios, every target's figures, and what was to be reached. */
export function printIntake({ highestRate, halfRate, targets, ratios, lines }: IntakeSummary, say: (line: string) => void): void {
  say(`\nhighest rate that holds: ${highestRate} orders a second; compared at ${halfRate}`);
  say('');
  for (const { workload, against, value } of ratios) {
    if (Number.isFinite(value)) say(`ratio ${workload} ${against} ${value.toFixed(2)}`);
  }
  say('');
  say(row('accept', ['p50 ms', 'p99 ms', 'max ms', 'CPU µs/request']));
  for (const { target, p50Ms, p99Ms, maxMs, cpuUsPerRequest } of targets) {
    say(row(target, [p50Ms.toFixed(1), p99Ms.toFixed(1), maxMs.toFixed(1), cpuUsPerRequest.toFixed(0)]));
  }
  say('');
  for (const { text, wanted, found, isMet } of lines) {
    say(`target ${text.padEnd(48)} ${wanted.padEnd(8)} ${found.toFixed(2).padStart(8)}  ${isMet ? 'met' : 'missed'}`);
  }
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(20) + cells.map((cell) => cell.padStart(16)).join('');
}
