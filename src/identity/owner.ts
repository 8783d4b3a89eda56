// Who answers for a principal: hints and statements resolved against people and teams, each with its reason and a
// confidence. Nobody is made an owner by a guess: below the bar a name stays a candidate.
import type { Fact, HowOwnerIsKnown, Id, Instant, OwnershipFact } from '#kernel'
import type { IdentityGraph } from './correlate.ts'
import type { OwnerOverride } from './classification-rules.ts'
import { compileMatch } from './classification-rules.ts'
import { FileOwners } from './file-owners.ts'
import { append, optional } from './layer.ts'
import { HintResolver } from './owner-hint.ts'
import { PeopleIndex } from './people-index.ts'

export interface OwnerCandidate {
  /** As shown: the person's or team's name where resolved, else the hint itself. */
  readonly who: string
  readonly personId?: string
  readonly teamId?: string
  /** The principal of the estate that the hint names, where it names one. */
  readonly principalId?: Id<'principal'>
  readonly email?: string
  /** Of a team whose members the feed lists: those with status active. */
  readonly activeMembers?: number
  /** A team of which every known member has left is a leaver too, and so is a person's disabled account. */
  readonly status: 'active' | 'leaver' | 'on_leave' | 'unknown'
  /** The end that the feed states; it may lie ahead. */
  readonly leftAt?: Instant
  /** Why it can own nothing; such a candidate has confidence 0. */
  readonly unfit?: 'machine' | 'disabled_group'
  readonly how: HowOwnerIsKnown
  readonly reason: string
  /** 0 to 1 */
  readonly confidence: number
}

/** `candidates` best first; `owner` is the first of at least the bar's confidence, else nobody is known to own it. */
export interface Ownership {
  readonly owner?: OwnerCandidate
  /** Who answers when the owner cannot: another candidate above the bar, or the owning team when two are active in it. */
  readonly backup?: OwnerCandidate
  /** The owner, when it is a team of the feed. */
  readonly team?: { readonly teamId: string; readonly name: string; readonly activeMembers?: number }
  readonly candidates: readonly OwnerCandidate[]
}

export const OWNER_BAR = 0.5
const TEAM_BACKUP_MEMBERS_MIN = 2

/** `overrides` come from `reeve.yaml`; the last that matches a principal wins over whatever sources say. */
export function assessOwners(
  graph: IdentityGraph,
  facts: readonly Fact[],
  overrides: readonly OwnerOverride[] = [],
): Map<Id<'principal'>, Ownership> {
  const resolver = new HintResolver(new PeopleIndex(facts), graph)
  const statements = new Statements(graph, facts)
  const rules = overrides.map((override) => ({ override, matches: compileMatch(override.match) }))
  const owners = new Map<Id<'principal'>, Ownership>()
  for (const principal of graph.principals.values()) {
    const rule = rules.findLast(({ matches }) => matches(principal))?.override
    const candidates = [
      ...(rule === undefined ? [] : [rule.owner, ...(rule.backup === undefined ? [] : [rule.backup])]).map((who) => ({
        who,
        how: 'override' as const,
        reason: 'reeve.yaml',
      })),
      ...principal.ownerHints,
      ...statements.about(principal.id),
    ].flatMap((hint) => resolver.candidates(hint, principal))
    owners.set(principal.id, choose(candidates))
  }
  return owners
}

/** What ownership facts say of a principal: by its identifier, and by the files that define it. */
class Statements {
  readonly #files: FileOwners
  readonly #byPrincipal = new Map<Id<'principal'>, OwnershipFact[]>()
  readonly #definedIn = new Map<Id<'principal'>, Set<string>>()

  constructor(graph: IdentityGraph, facts: readonly Fact[]) {
    this.#files = new FileOwners(facts)
    for (const fact of facts) {
      if (fact.type === 'ownership' && 'ref' in fact.of) {
        const id = graph.principalOf(fact.of.ref)
        if (id !== undefined) append(this.#byPrincipal, id, fact)
      } else if (fact.type === 'principal' && fact.mentioned !== true) {
        const id = graph.principalOf(fact.ref)
        if (id === undefined) continue
        const files = this.#definedIn.get(id)
        if (files === undefined) this.#definedIn.set(id, new Set([fact.provenance.file]))
        else files.add(fact.provenance.file)
      }
    }
  }

  about(id: Id<'principal'>): { who: string; how: HowOwnerIsKnown; reason: string }[] {
    const stated = (this.#byPrincipal.get(id) ?? []).map((fact) => ({ fact, what: 'it' }))
    for (const file of this.#definedIn.get(id) ?? []) {
      for (const fact of this.#files.of(file)) stated.push({ fact, what: `\`${file}\`` })
    }
    return stated.flatMap(({ fact, what }) =>
      fact.owners.map((who) => ({ who, how: fact.how, reason: reasonOf(fact, what, who) })),
    )
  }
}

function reasonOf({ how, of, provenance }: OwnershipFact, what: string, who: string): string {
  if (how === 'commit_author') return `\`${who}\` committed ${what}`
  const line = provenance.startLine === undefined ? '' : ` line ${provenance.startLine}`
  const pattern = 'files' in of ? ` by the pattern \`${of.files}\`` : ''
  return `${provenance.file}${line} gives ${what} to \`${who}\`${pattern}`
}

const GONE_LAST: Record<OwnerCandidate['status'], number> = { active: 0, unknown: 0, on_leave: 1, leaver: 2 }
const partyOf = (candidate: OwnerCandidate): string =>
  candidate.personId === undefined
    ? candidate.teamId === undefined
      ? (candidate.principalId ?? candidate.who.toLowerCase())
      : `team ${candidate.teamId}`
    : `person ${candidate.personId}`

function choose(all: readonly OwnerCandidate[]): Ownership {
  const best = new Map<string, OwnerCandidate>()
  for (const candidate of all) {
    const known = best.get(partyOf(candidate))
    if (known === undefined || candidate.confidence > known.confidence) best.set(partyOf(candidate), candidate)
  }
  const candidates = [...best.values()].sort(
    (a, b) => b.confidence - a.confidence || GONE_LAST[a.status] - GONE_LAST[b.status],
  )
  const [owner, ...others] = candidates.filter((candidate) => candidate.confidence >= OWNER_BAR)
  if (owner === undefined) return { candidates }
  const { teamId, activeMembers } = owner
  const team =
    teamId === undefined ? undefined : { teamId, name: owner.who, ...optional('activeMembers', activeMembers) }
  const carries = team !== undefined && (activeMembers ?? TEAM_BACKUP_MEMBERS_MIN) >= TEAM_BACKUP_MEMBERS_MIN
  const backup = others.find((candidate) => candidate.status !== 'leaver') ?? (carries ? owner : undefined)
  return { owner, ...optional('backup', backup), ...optional('team', team), candidates }
}
