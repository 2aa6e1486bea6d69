import type { Ratio, Summary } from './summarize.ts';

/** The table and the `ratio` lines, medians of the rounds. */
export function printSummary({ rates, ratios }: Summary, say: (line: string) => void): void {
  const targets = [...new Set(rates.map(({ target }) => target))];
  const workloads = [...new Set(rates.map(({ workload }) => workload))];
  say(`\n${'requests a second'.padEnd(20)}${targets.map((target) => target.padStart(15)).join('')}`);
  for (const workload of workloads) {
    const cells = targets.map((target) => {
      const rate = rates.find((candidate) => candidate.workload === workload && candidate.target === target);
      return (rate === undefined ? '–' : rate.requestsPerSecond.toFixed(1)).padStart(15);
    });
    say(workload.padEnd(20) + cells.join(''));
  }
  say('');
  for (const ratio of ratios) say(`ratio ${labelOf(ratio)} ${ratio.against} ${ratio.value.toFixed(2)}`);
}

/** The service's own ratios carry the workload's name; those through the edge say so. */
function labelOf({ workload, of }: Ratio): string {
  return of === 'service' ? workload : `${workload}-through-edge`;
}
