/** Who calls, as the verified token says. */
export interface Principal {
  /** The `sub` claim: the user's id, `ownerId` of everything the user makes. */
  readonly userId: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/** Verifies a bearer token. @throws {Problem} 401 `token_invalid` | `token_expired`; 503 `keys_unavailable` when the issuer's keys cannot be read. */
export type VerifyToken = (token: string) => Promise<Principal>;
