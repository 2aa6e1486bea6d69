import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { VirtualClock } from './virtual-clock.ts';

/** A handler that waits for something real, and not for our clock, gets this long before time passes. */
const PATIENCE_MS = 1_000;
/** Far more than the longest policy needs: days of a clock that also wakes up for nothing every few seconds. */
const MAX_JUMPS = 100_000;
/** Turns of the event loop after which whatever was begun without waiting for time has come to its end. */
const TURNS = 20;
/** Enough for timers that find nothing to do. */
const IDLE_TURNS = 3;

export interface PassingTime {
  readonly clock: VirtualClock;
  readonly handlersRunning: () => number;
  /** Nothing is in work: a jump of the clock that wakes up nobody needs no time to take effect. */
  readonly isIdle: () => boolean;
}

/** Jumps from one time that somebody waits for to the next, once all that needs no time is over, until the condition holds. False when it never does. */
export async function passTimeUntil(
  isDone: () => Promise<boolean>,
  { clock, handlersRunning, isIdle }: PassingTime,
): Promise<boolean> {
  for (let jumps = 0; jumps < MAX_JUMPS; jumps += 1) {
    const turns = jumps > 0 && isIdle() ? IDLE_TURNS : TURNS;
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    const patientUntilMs = performance.now() + PATIENCE_MS;
    while (handlersRunning() > 0 && performance.now() < patientUntilMs) await delay(1);
    if (await isDone()) return true;
    clock.jump();
  }
  return false;
}
