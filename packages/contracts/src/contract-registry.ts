/** One way in which a value breaks its contract. */
export interface ContractViolation {
  /** JSON Pointer into the envelope, e.g. `/payload/objectId`. */
  readonly path: string;
  /** The schema keyword that was broken, e.g. `required`. */
  readonly rule: string;
  readonly message: string;
}

/**
 * `closed`: what a producer may write, unknown properties are violations.
 * `open`: what a consumer must accept, unknown properties pass (robustness principle).
 */
export type ContractView = 'closed' | 'open';

/** The contracts of a system, loaded once at start. */
export interface ContractRegistry {
  /** Names such as `OBJECT_CREATED.v1`. */
  readonly names: readonly string[];
  /** The newest version's name of a type, e.g. `OBJECT_CREATED` → `OBJECT_CREATED.v1`; undefined when the type has no contract. */
  newest(type: string): string | undefined;
  /** Empty when the envelope satisfies the contract `name`. @throws {EventError} `CONTRACT_UNKNOWN` for a name not loaded. */
  validate(name: string, envelope: unknown, view: ContractView): readonly ContractViolation[];
}
