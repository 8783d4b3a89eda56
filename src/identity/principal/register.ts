// Registers a principal: a person states that it exists and who answers for it.
import { Fault, newId } from '#kernel'
import type { Act, Instant, PrincipalKind, Ref, System } from '#kernel'
import { createWithEntries } from '#evidence/port'
import type { Tx } from '#db'
import type { Criticality } from '../classify.ts'
import type { Environment } from '../environment.ts'
import { optional } from '../layer.ts'
import type { IdentityLayer } from '../operation.ts'
import type { OwnerOfRecord, Party, Stated } from '../record/party.ts'
import type { PrincipalRecord, StatableField } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { futureOf, labelsOf, textOf } from './limits.ts'
import { lockParty } from './owner-party.ts'
import { changePrincipal, completed, operateOnPrincipals, partyKey, sameParty } from './patch-principal.ts'
import type { CurrentPrincipal, OfPrincipal } from './patch-principal.ts'
import { claimRefs, refsOf } from './refs.ts'
import { END_DAYS_MAX } from './set-dates.ts'
import { stateAfter } from './transitions.ts'

export interface NewPrincipal {
  readonly kind: PrincipalKind
  readonly system: System
  readonly name: string
  /** The native identifier; left out where it is not known yet. */
  readonly externalId?: string
  readonly nativeType?: string
  readonly refs?: readonly Ref[]
  readonly owner?: Party
  readonly backup?: Party
  readonly purpose?: string
  readonly expiresAt?: Instant
  readonly nextReviewAt?: Instant
  readonly environment?: Environment
  readonly function?: string
  readonly criticality?: Criticality
  readonly workloadScope?: string
  readonly labels?: Readonly<Record<string, string>>
  /** Since when it is there, where that is earlier than now. */
  readonly validFrom?: Instant
}

export async function registerPrincipal(
  identity: IdentityLayer,
  act: Act,
  input: NewPrincipal,
): Promise<CurrentPrincipal> {
  return await operateOnPrincipals(
    identity,
    act,
    ({ id }) => [id],
    async (tx) => await writeRegistered(tx, act, input, { how: 'registered', source: act.actor.id }),
  )
}

/** The record, its identifiers and its entry, in the caller's transaction. */
export async function writeRegistered(
  tx: Tx,
  act: Act,
  input: NewPrincipal,
  from: Pick<PrincipalRecord['provenance'], 'how' | 'source'>,
): Promise<CurrentPrincipal> {
  const { owner, backup } = input
  if (owner !== undefined) await lockParty(tx, owner, 'owner')
  if (backup !== undefined) {
    await lockParty(tx, backup, 'backup')
    if (owner === undefined) throw new Fault('unprocessable', 'a backup needs an owner: name the owner too')
    if (sameParty(owner, backup)) throw new Fault('unprocessable', 'owner and backup must be two parties')
  }
  const record = recordOf(input, act, from)
  const id = newId('principal')
  await claimRefs(tx, id, record.refs)
  const [made] = await createWithEntries(tx, PRINCIPAL, act, [
    {
      id,
      data: record,
      words: {
        type: 'principal.registered',
        about: [owner, backup].flatMap((party) => (party === undefined ? [] : [party.id])),
        content: {
          how: from.how,
          kind: record.kind,
          system: record.system,
          ...(owner === undefined ? {} : { owner: partyKey(owner) }),
          ...(backup === undefined ? {} : { backup: partyKey(backup) }),
        },
      },
      ...optional('validFrom', input.validFrom),
    },
  ])
  if (made === undefined) throw new Error('one record was made')
  return made
}

function recordOf(
  input: NewPrincipal,
  act: Act,
  from: Pick<PrincipalRecord['provenance'], 'how' | 'source'>,
): PrincipalRecord {
  const { kind, system, owner, backup, workloadScope, labels = {} } = input
  const reason = act.reason ?? 'stated when it was registered'
  const stated = <T>(value: T): Stated<T> => ({ value, from: 'stated', reason })
  const unsaid = { value: 'unknown', from: 'derived', reason: 'nobody said' } as const
  const ownerOf = (party: Party): OwnerOfRecord => ({ party, from: 'stated', reason })
  const externalId = input.externalId === undefined ? '' : textOf('externalId', input.externalId)
  const until = (field: 'expiresAt' | 'nextReviewAt'): { [field: string]: Instant } =>
    input[field] === undefined ? {} : { [field]: futureOf(field, input[field], act.at, END_DAYS_MAX) }
  const fields: StatableField[] = [
    ...(input.expiresAt === undefined ? [] : (['expiresAt'] as const)),
    'kind',
    ...(workloadScope === undefined ? [] : (['workloadScope'] as const)),
  ]
  return completed({
    kind,
    nativeType: input.nativeType === undefined ? 'registered' : textOf('nativeType', input.nativeType),
    system,
    externalId,
    name: textOf('name', input.name),
    refs: refsOf(system, externalId, input.refs),
    labels: labelsOf(labels),
    attributes: {},
    provenance: { ...from, firstSeenAt: input.validFrom ?? act.at },
    ...(workloadScope === undefined ? {} : { workloadScope: textOf('workloadScope', workloadScope) }),
    environment: input.environment === undefined ? unsaid : stated(input.environment),
    function: input.function === undefined ? unsaid : stated(textOf('function', input.function)),
    criticality: input.criticality === undefined ? unsaid : stated(input.criticality),
    tier: { value: 'unknown', from: 'derived', reason: 'no source has shown its rights yet' },
    ...(input.purpose === undefined ? {} : { purpose: stated(textOf('purpose', input.purpose)) }),
    ...(owner === undefined ? {} : { owner: ownerOf(owner) }),
    backups: backup === undefined ? [] : [ownerOf(backup)],
    custodians: [],
    stated: fields,
    state: 'registered',
    effect: 'not_applied',
    ...until('expiresAt'),
    ...until('nextReviewAt'),
    parties: [],
    searchText: '',
  })
}

/** `discovered → registered`: a person says that what a source showed is meant to be. */
export async function registerDiscovered(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal,
): Promise<CurrentPrincipal> {
  return await changePrincipal(identity, act, input, ({ data }) => {
    const state = stateAfter(data.state, 'register')
    return { patch: (record) => ({ ...record, state }), words: { type: 'principal.registered' } }
  })
}
