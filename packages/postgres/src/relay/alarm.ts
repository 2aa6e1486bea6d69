/** A pause that can be cut short. A ring that comes while nobody pauses ends the next pause before it begins. */
export interface Alarm {
  ring(): void;
  /** Resolves with whether it rang. */
  pause(delayMs: number): Promise<boolean>;
}

export function createAlarm(): Alarm {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      hasRung = true;
      wake?.();
    },
    pause: async (delayMs) => {
      if (!hasRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, delayMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = undefined;
      }
      const rang = hasRung;
      hasRung = false;
      return rang;
    },
  };
}
