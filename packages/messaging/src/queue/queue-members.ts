/** What one member of a group has in hand. */
export interface MemberFigures {
  /** Records in work: claimed and not finished. */
  readonly inFlight: number;
  /** Records finished that the group's committed offsets do not cover yet, because an earlier one of their partition is not finished. (Default: 0) */
  readonly finishedAhead?: number;
}

/**
 * Where members of groups tell what the broker cannot know, for whoever shows their queues: processes without the group's database or a member of it.
 * It may forget or be away: then figures are missing, and nothing else is. No method throws.
 */
export interface QueueMembers {
  /** Stands for 15 s; a member that tells nothing more is taken for dead then. Tell it every second. */
  tell(group: string, memberId: string, figures: MemberFigures): Promise<void>;
  /** The member is gone, with all it had in hand. */
  leave(group: string, memberId: string): Promise<void>;
  /** What the members told that are alive; undefined when that cannot be known. */
  members(group: string): Promise<readonly MemberFigures[] | undefined>;
  /** Dead letters of the group that wait for a decision. Stands for a day, also while no member runs. */
  tellDeadLetters(group: string, count: number): Promise<void>;
  /** Undefined when nobody told it, or that cannot be known. */
  deadLetters(group: string): Promise<number | undefined>;
}

/** A member that said nothing for this long does not count any more. */
export const MEMBER_STALE_AFTER_MS = 15_000;
