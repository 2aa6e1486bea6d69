import { existsSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Makes a process that leads its own session stand back for others: `niceness` 1 to 19. Linux shares the processor among sessions first where it groups them (sched(7), "The autogroup feature"),
 * so that the niceness of their processes alone would mean nothing.
 */
export function standBack(pid: number, niceness: number): void {
  // Of its first thread, from which those get it that are made later.
  setPriority(pid, niceness);
  const autogroup = `/proc/${pid}/autogroup`;
  if (existsSync(autogroup)) writeFileSync(autogroup, String(niceness));
}
