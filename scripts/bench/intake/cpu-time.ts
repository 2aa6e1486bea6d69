import { readFileSync } from 'node:fs';

/** Ticks a second in /proc on Linux, whatever the kernel's own. */
const TICKS_PER_SECOND = 100;

/** Processor time that a process has taken since its start, all its threads, in milliseconds (Linux). */
export function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold spaces: fields count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return ((userTicks + systemTicks) * 1_000) / TICKS_PER_SECOND;
}
