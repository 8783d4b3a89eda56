// A token of Reeve's API as whoever answers for decisions knows it, so that no request asks the database.

export interface TokenFacts {
  readonly id: string
  /** Hex. SECURITY: keyed; it goes into the memory of decision points and no further. */
  readonly hash: string
  readonly subjectId: string
  readonly credentialId?: string
  readonly scopes: readonly string[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly revoked: boolean
}

export class ResidentTokens {
  readonly #byId = new Map<string, TokenFacts>()
  readonly #byHash = new Map<string, TokenFacts>()
  /** INVARIANT: what was revoked stays revoked, whatever arrives late. */
  readonly #revoked = new Set<string>()

  put(facts: TokenFacts): void {
    if (facts.revoked) this.#revoked.add(facts.id)
    const before = this.#byId.get(facts.id)
    if (before !== undefined) this.#byHash.delete(before.hash)
    const known = this.#revoked.has(facts.id) ? { ...facts, revoked: true } : facts
    this.#byId.set(facts.id, known)
    this.#byHash.set(facts.hash, known)
  }

  /** Before its facts are read, or those that are on their way arrive. */
  revoke(id: string): void {
    this.#revoked.add(id)
    const known = this.#byId.get(id)
    if (known !== undefined) this.put(known)
  }

  byHash(hash: string): TokenFacts | undefined {
    return this.#byHash.get(hash)
  }
}
