// Why a decision came out as it did: a closed table. Codes are part of the contract; the words may change.

/** A denial of an earlier step is never weakened by a later one; the first that applies is given. */
const DENIALS = {
  invalid_request: 'the request cannot be read',
  stale: 'what is known here is older than it may be',
  unknown_principal: 'nobody in the roll has this identifier; a name is no identifier',
  ambiguous_principal: 'several identities answer to this name; name it by its id',
  chain_too_deep: 'the chain of delegation is longer than it may be',
  chain_repeats: 'the chain of delegation names somebody twice',
  chain_expired: 'the delegation has ended',
  not_registered: 'nobody has activated it: it was only seen, or only registered',
  quarantined: 'it is held',
  retired: 'it is retired',
  gone: 'its source says that it is no more',
  expired: 'its time in the roll is over',
  principal_denied: 'it was denied by an act of its own',
  credential_revoked: 'the credential is revoked, leaked or replaced',
  credential_foreign: 'the credential is not of who presents it',
  credential_unknown: 'the roll has no such credential',
  credential_expired: 'the credential is past its expiry',
  session_ended: 'the session or token was ended',
  grant_ended: 'the grant that covered this was ended',
  grant_expired: 'the grant that covered this is over',
  grant_not_begun: 'the grant that covers this begins later',
  policy_forbids: 'a policy forbids it',
  policy_error: 'a policy that could forbid it cannot be evaluated over what the request says',
  nothing_permits: 'no grant and no policy permits it',
  policy_unavailable: 'there is no policy in force here',
  policy_refused: 'the policies in force are not those that were approved, or this release reads them otherwise',
  evidence_unavailable: 'it needs an entry of evidence that could not be written',
} as const

const ALLOWANCES = {
  granted: 'a grant in force covers it',
  policy_permits: 'a policy permits it',
  break_glass: 'an emergency grant covers it; it will be reviewed',
} as const

export type Denial = keyof typeof DENIALS
export type Allowance = keyof typeof ALLOWANCES
export type Reason = Denial | Allowance

const WORDS: Readonly<Record<Reason, string>> = { ...DENIALS, ...ALLOWANCES }

export const wordsOf = (reason: Reason): string => WORDS[reason]
