// Turns one spelled hint into an owner candidate: a person or team of the feed, else a principal of the estate, else
// the spelling as it stands. What is itself a machine or a disabled group can own nothing, and the candidate says so.
import { ref } from '#kernel'
import type { HowOwnerIsKnown, Id, OwnerHint, PersonFact } from '#kernel'
import type { IdentityGraph } from './correlate.ts'
import { optional } from './layer.ts'
import type { OwnerCandidate } from './owner.ts'
import { wordsOfName } from './name-tokens.ts'
import { isEmail } from './people-index.ts'
import type { Party, PeopleIndex } from './people-index.ts'
import type { Principal } from './principal.ts'

/**
 * How sure a statement makes us, when it names somebody that the people feed knows, and when it does not. Below the bar
 * of 0.5 it is only a candidate: who wrote a line last need not answer for it.
 */
const CONFIDENCE: Readonly<Record<HowOwnerIsKnown, { readonly known: number; readonly unknown: number }>> = {
  override: { known: 1, unknown: 1 },
  declared: { known: 0.95, unknown: 0.75 },
  people_feed: { known: 0.9, unknown: 0.9 },
  tag: { known: 0.85, unknown: 0.65 },
  annotation: { known: 0.85, unknown: 0.65 },
  codeowners: { known: 0.7, unknown: 0.55 },
  created_by: { known: 0.55, unknown: 0.3 },
  description: { known: 0.5, unknown: 0.3 },
  commit_author: { known: 0.3, unknown: 0.2 },
}

const SAYS_NOBODY = /^(?:|-+|n\/?a|none|nobody|null|undefined|unknown|unassigned|unowned|tbd|\?+)$/i
const DN = /^[a-z][a-z0-9-]{0,30}=[^,]+,/i
const NAMED_MAILBOX = /^([^<>]{0,200})<([^<>]{1,300})>$/
const ARN = /^arn:aws[a-z-]{0,12}:(?:iam|sts)::\d{12}:(user|role|assumed-role|group)\/(.+)$/

/** Several owners in one value (`a@x, b@x`) are several spellings; a distinguished name keeps its commas. */
function spellingsOf(who: string): string[] {
  const text = who.trim()
  const parts = DN.test(text) ? [text] : text.split(/[;,]/)
  return parts
    .map((part) => part.trim())
    .flatMap((part) =>
      part.includes(' ') && part.split(/\s+/).every((word) => word.includes('@')) ? part.split(/\s+/) : [part],
    )
    .filter((part) => !SAYS_NOBODY.test(part))
    .slice(0, 20)
}

export class HintResolver {
  readonly #people: PeopleIndex
  readonly #graph: IdentityGraph
  /** Non-human principals by system and identifier or telling name; `undefined` where a person or group is called so too. */
  readonly #named = new Map<string, Principal | undefined>()

  constructor(people: PeopleIndex, graph: IdentityGraph) {
    this.#people = people
    this.#graph = graph
    for (const principal of graph.principals.values()) {
      const { system, name, externalId } = principal
      const human = principal.kind === 'human' || principal.kind === 'group'
      const spellings = [...(externalId === name ? [] : [externalId]), ...(soundsLikeMachine(name) ? [name] : [])]
      for (const key of spellings.map((spelling) => nameKey(system, spelling))) {
        if (human || !this.#named.has(key)) this.#named.set(key, human ? undefined : principal)
      }
    }
  }

  candidates(hint: OwnerHint, of: Principal): OwnerCandidate[] {
    return spellingsOf(hint.who).map((spelling) => this.#candidate(spelling, hint.how, hint.reason, of))
  }

  #candidate(spelling: string, how: HowOwnerIsKnown, reason: string, of: Principal): OwnerCandidate {
    const party = this.#party(spelling)
    if (party !== undefined) return fromParty(party, how, reason)
    const named = this.#principal(spelling, of)
    if (named !== undefined) return this.#fromPrincipal(named, spelling, how, reason)
    if (/\[bot\]$/i.test(spelling)) return unfit(spelling, 'machine', how, `${reason}, but \`${spelling}\` is a bot`)
    const email = NAMED_MAILBOX.exec(spelling)?.[2] ?? spelling
    return {
      who: spelling,
      ...(isEmail(email) ? { email: email.toLowerCase() } : {}),
      status: 'unknown',
      how,
      reason: this.#people.isEmpty ? reason : `${reason}; the people feed does not know \`${spelling}\``,
      confidence: CONFIDENCE[how].unknown,
    }
  }

  #party(spelling: string): Party | undefined {
    const mailbox = NAMED_MAILBOX.exec(spelling)
    if (mailbox !== null) return this.#people.find(mailbox[2] ?? '') ?? this.#people.find(mailbox[1] ?? '')
    const [, type, path] = ARN.exec(spelling) ?? []
    if (type === undefined || path === undefined) return this.#people.find(spelling)
    const last = path.slice(path.lastIndexOf('/') + 1)
    // a role session's name is chosen by whoever assumes it; single sign-on sets it to the person's mailbox
    if (type === 'user' || (type === 'assumed-role' && isEmail(last)))
      return this.#people.find(last) ?? this.#people.find(`@${last}`)
    return undefined
  }

  #principal(spelling: string, of: Principal): Principal | undefined {
    const refs = ARN.test(spelling)
      ? [ref('aws', spelling)]
      : DN.test(spelling)
        ? [ref('directory', spelling.toLowerCase())]
        : [ref('kubernetes', spelling), ref('gcp', spelling), ref('entra', `sp/${spelling}`)]
    for (const each of refs) {
      const id = this.#graph.principalOf(each)
      if (id !== undefined) return this.#graph.principals.get(id)
    }
    return isEmail(spelling) ? undefined : this.#named.get(nameKey(of.system, spelling))
  }

  #fromPrincipal(principal: Principal, spelling: string, how: HowOwnerIsKnown, reason: string): OwnerCandidate {
    const { kind, name, id } = principal
    if (kind === 'group') {
      if (principal.enabled === false)
        return unfit(name, 'disabled_group', how, `${reason}, but the group \`${name}\` is disabled`, id)
      return { who: name, principalId: id, status: 'unknown', how, reason, confidence: CONFIDENCE[how].known }
    }
    if (kind !== 'human') {
      const machine = ARN.test(spelling) && principal.mentionedOnly ? spelling : name
      return unfit(machine, 'machine', how, `${reason}, but \`${machine}\` is a ${principal.nativeType}`, id)
    }
    const mail = ['mail', 'email', 'userPrincipalName'].map((key) => principal.attributes[key])
    for (const known of [...mail, name]) {
      const party = typeof known === 'string' ? this.#people.find(known) : undefined
      if (party?.kind === 'person') return { ...fromParty(party, how, reason), principalId: id }
    }
    const disabled = principal.enabled === false
    return {
      who: name,
      principalId: id,
      status: disabled ? 'leaver' : 'unknown',
      how,
      reason: disabled ? `${reason}; the account \`${name}\` is disabled` : reason,
      confidence: CONFIDENCE[how].known,
    }
  }
}

/**
 * Teams and what they run often share a name: `owner: payments` on the service `payments` names the team. So a bare name
 * stands for a machine only when it says itself that it is one.
 */
const MACHINE_WORDS: ReadonlySet<string> = new Set(
  'svc service serviceaccount sa bot robot automation automated jenkins terraform ansible deployer runner cron daemon system root'.split(
    ' ',
  ),
)
const soundsLikeMachine = (name: string): boolean => wordsOfName(name).some((word) => MACHINE_WORDS.has(word))

const nameKey = (system: string, name: string): string => `${system} ${name.toLowerCase()}`

function unfit(
  who: string,
  why: 'machine' | 'disabled_group',
  how: HowOwnerIsKnown,
  reason: string,
  principalId?: Id<'principal'>,
): OwnerCandidate {
  return { who, ...optional('principalId', principalId), unfit: why, status: 'unknown', how, reason, confidence: 0 }
}

const activeMembers = (members: readonly PersonFact[]): number =>
  members.filter((member) => member.status === 'active').length

function fromParty(party: Party, how: HowOwnerIsKnown, reason: string): OwnerCandidate {
  const confidence = CONFIDENCE[how].known
  if (party.kind === 'person') {
    const { personId, name, emails, status, endAt } = party.person
    const gone = status === 'leaver' ? `${reason}; the people feed says that ${name} has left` : reason
    return {
      who: name,
      personId,
      ...optional('email', emails[0]),
      ...optional('leftAt', endAt),
      status,
      how,
      reason: gone,
      confidence,
    }
  }
  const { team, members } = party
  const empty = members.length > 0 && members.every((member) => member.status === 'leaver')
  return {
    who: team.name,
    teamId: team.teamId,
    ...(members.length === 0 ? {} : { activeMembers: activeMembers(members) }),
    status: empty ? 'leaver' : 'active',
    how,
    reason: empty ? `${reason}; every known member of ${team.name} has left` : reason,
    confidence,
  }
}
