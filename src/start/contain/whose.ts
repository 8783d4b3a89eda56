// Whose a credential is, by the roll: by its fingerprint or its id, with who uses it and who answers for all of them.
import { EVERYTHING, findByFingerprint, getCredential, getPerson, getPrincipal, getTeam } from '#identity/roll'
import type { CredentialRecord, Current, IdentityLayer, OwnerOfRecord, PrincipalRecord } from '#identity/roll'
import type { ContainedCredential, ContainedPrincipal, Told } from '#http'
import { Fault, postgresqlResource, refParts } from '#kernel'
import type { LeakedSecret } from './leaked-secret.ts'

export type Fingerprint = (secret: string) => readonly { readonly keyId: string; readonly value: string }[]
type Principal = Current<PrincipalRecord>

/** More than these share one secret only by accident. */
const SHARED_MAX = 10
const LOCATIONS_SHOWN = 10
const CONSUMERS_SHOWN = 50
const REASONS_MAX = 10
/** As `postgresqlResource` spells a role; its name may hold anything. */
const ROLE = /^pg:\/\/([^/]+)\/role\/([^]+)$/

export interface Whose {
  readonly credentials: readonly Current<CredentialRecord>[]
  readonly principals: readonly Principal[]
  readonly consumers: readonly Principal[]
  readonly tell: readonly Told[]
}

export async function whoseIsIt(
  identity: IdentityLayer,
  fingerprint: Fingerprint,
  { credentialId, leaked }: { readonly credentialId?: string; readonly leaked: readonly LeakedSecret[] },
): Promise<Whose> {
  const found = new Map<string, Current<CredentialRecord>>()
  if (credentialId !== undefined) found.set(credentialId, await getCredential(identity, EVERYTHING, credentialId))
  for (const { keyId, value } of leaked.flatMap(({ secret }) => fingerprint(secret)))
    for (const credential of await findByFingerprint(identity, keyId, value)) found.set(credential.id, credential)
  const credentials = [...found.values()].slice(0, SHARED_MAX)
  const principals = await principalsOf(
    identity,
    credentials.flatMap(({ data }) => [...(data.principalId === undefined ? [] : [data.principalId]), ...data.alsoOf]),
  )
  const consumers = await principalsOf(
    identity,
    credentials.flatMap(({ data }) => data.consumers).slice(0, CONSUMERS_SHOWN),
  )
  return { credentials, principals, consumers, tell: await whoIsTold(identity, { credentials, principals, consumers }) }
}

export interface AccountInRoll {
  readonly targetName: string
  readonly account: string
  /** The name of the principal that it is. */
  readonly principal: string
}

/** Accounts at targets that these principals are, by the identifiers that a read of the target brought. */
export function accountsInRoll(principals: readonly Principal[]): AccountInRoll[] {
  const found = new Map<string, AccountInRoll>()
  for (const { data } of principals)
    for (const id of [data.externalId ?? '', ...data.refs.map((one) => refParts(one).id)]) {
      const [, targetName, account] = ROLE.exec(id) ?? []
      if (targetName !== undefined && account !== undefined)
        found.set(id, { targetName, account, principal: data.name })
    }
  return [...found.values()]
}

/** With the account itself, where a read of the target brought it into the roll. */
export async function withAccount(
  identity: IdentityLayer,
  whose: Whose,
  { targetName, account }: { readonly targetName: string; readonly account: string },
): Promise<Whose> {
  const found = await orNothing(getPrincipal(identity, EVERYTHING, postgresqlResource(targetName, 'role', account)))
  if (found === undefined || whose.principals.some(({ id }) => id === found.id)) return whose
  const principals = [...whose.principals, found]
  return { ...whose, principals, tell: await whoIsTold(identity, { ...whose, principals }) }
}

async function principalsOf(identity: IdentityLayer, ids: readonly string[]): Promise<Principal[]> {
  const found: Principal[] = []
  for (const id of new Set(ids)) {
    const one = await orNothing(getPrincipal(identity, EVERYTHING, id))
    if (one !== undefined) found.push(one)
  }
  return found
}

/** Owners and backups of what it belongs to, owners of what uses it and of the files that have it; each once, with every reason. */
async function whoIsTold(
  identity: IdentityLayer,
  { credentials, principals, consumers }: Omit<Whose, 'tell'>,
): Promise<Told[]> {
  const reasons = new Map<string, { party: OwnerOfRecord['party']; why: Set<string> }>()
  const tell = (party: OwnerOfRecord['party'], why: string): void => {
    const known = reasons.get(party.id) ?? { party, why: new Set() }
    known.why.add(why)
    reasons.set(party.id, known)
  }
  const add = (owner: OwnerOfRecord | undefined, why: string): void => {
    if (owner !== undefined) tell(owner.party, owner.from === 'stated' ? why : `${why}, as sources say`)
  }
  for (const { data } of principals) {
    add(data.owner, `owner of ${data.name}`)
    for (const backup of data.backups) add(backup, `backup of ${data.name}`)
  }
  for (const { data } of consumers) add(data.owner, `owner of ${data.name}, which uses it`)
  for (const { file, owners = [] } of credentials.flatMap(({ data }) => data.locations))
    for (const party of owners) tell(party, `code owner of ${file}`)
  const told: Told[] = []
  for (const { party, why } of reasons.values())
    told.push({ ...(await named(identity, party)), why: [...why].slice(0, REASONS_MAX).join('; ') })
  return told
}

async function named(identity: IdentityLayer, { kind, id }: OwnerOfRecord['party']): Promise<Omit<Told, 'why'>> {
  if (kind === 'team')
    return { id, name: (await orNothing(getTeam(identity, EVERYTHING, id)))?.data.name ?? id, emails: [] }
  const person = await orNothing(getPerson(identity, EVERYTHING, id))
  return { id, name: person?.data.name ?? id, emails: person?.data.emails ?? [] }
}

/** What went meanwhile is left out. */
async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Fault && error.code === 'not_found') return undefined
    throw error
  }
}

const seenAt = ({
  file,
  startLine,
  exposure,
}: CredentialRecord['locations'][number]): ContainedCredential['locations'][number] => ({
  file,
  exposure,
  ...(startLine !== undefined && { startLine }),
})

export const credentialOf = (
  { id, data }: Current<CredentialRecord>,
  consumers: readonly Principal[],
): ContainedCredential => ({
  id,
  type: data.type,
  ...(data.name !== undefined && { name: data.name }),
  state: data.state,
  locations: data.locations.slice(0, LOCATIONS_SHOWN).map(seenAt),
  locationCount: data.locationCount,
  consumers: consumers
    .filter((one) => (data.consumers as readonly string[]).includes(one.id))
    .map((one) => ({ id: one.id, name: one.data.name, kind: one.data.kind })),
})

export const principalOf = ({ id, data }: Principal): ContainedPrincipal => ({
  id,
  name: data.name,
  kind: data.kind,
  system: data.system,
  state: data.state,
  tier: data.tier.value,
  environment: data.environment.value,
  ...(data.purpose !== undefined && { purpose: data.purpose.value }),
  orphan: data.orphanedAt !== undefined || data.owner === undefined,
})
