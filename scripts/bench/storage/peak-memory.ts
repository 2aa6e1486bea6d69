import { readFileSync, writeFileSync } from 'node:fs';

/** Largest resident set of a process since its start or the last `forgetPeakMemory`, in bytes (Linux: VmHWM). */
export function peakMemoryBytes(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} tells no peak memory`);
  return Number(kib) * 1_024;
}

/** Begins the peak anew with what is resident now. */
export function forgetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
