// A workload goes: what only it used is listed first, then quarantined; what others use as well stays and is named.
import { Fault, isId } from '#kernel'
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { Current } from '#db/history'
import { statedText } from '../credential/change-credential.ts'
import type { IdentityLayer } from '../operation.ts'
import { operateOnPrincipals } from '../principal/patch-principal.ts'
import type { CurrentPrincipal } from '../principal/patch-principal.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import {
  credentialsOf,
  credentialsUsedBy,
  hashOf,
  lockPrincipals,
  quarantineAll,
  refuseOtherThanShown,
  touchedCredential,
  touchedPrincipal,
} from './touched.ts'
import type { TouchedCredential, TouchedPrincipal } from './touched.ts'

/** One principal, or all that have this workload scope. */
export type WorkloadToRemove = { readonly principalId: string } | { readonly workloadScope: string }

interface StillUsed {
  readonly id: Id<'principal'>
  readonly name: string
  /** Consumers that are known. */
  readonly others: readonly string[]
  /** Credentials of it of which nobody knows who uses them: unknown is not unused. */
  readonly unknown: readonly Id<'credential'>[]
}

export interface WorkloadRemoval {
  /** The workload itself. */
  readonly workload: readonly TouchedPrincipal[]
  /** What it alone used: every credential of theirs has it as a consumer, and nothing else. */
  readonly onlyUsedByIt: readonly TouchedPrincipal[]
  /** What it used and others use, or may use: not touched. */
  readonly usedByOthers: readonly StillUsed[]
  /** Credentials of all that is quarantined, and what only the workload was given: to be revoked at the targets. */
  readonly credentials: readonly TouchedCredential[]
  /** What the roll cannot tell: uses that no credential shows. */
  readonly blindSpot: string
  readonly hash: string
}

const BLIND_SPOT =
  'only uses through a credential are known: who assumes or federates into one of these without one is not'

export async function previewWorkloadRemoval(
  identity: IdentityLayer,
  given: WorkloadToRemove,
): Promise<WorkloadRemoval> {
  return await identity.db.transaction(async (tx) => (await lookAt(tx, given)).removal)
}

export interface WorkloadRemoved extends WorkloadRemoval {
  readonly quarantined: readonly Id<'principal'>[]
}

/** Does what was shown, all of it or nothing: Fault('conflict') where that is no longer what there is. */
export async function removeWorkload(
  identity: IdentityLayer,
  act: Act,
  input: { readonly workload: WorkloadToRemove; readonly hash: string; readonly reason: string },
): Promise<WorkloadRemoved> {
  const reason = statedText(input.reason, 'reason')
  return await operateOnPrincipals<WorkloadRemoved>(
    identity,
    act,
    (done) => done.quarantined,
    async (tx) => {
      const { touched, removal } = await lookAt(tx, input.workload)
      refuseOtherThanShown(input.hash, removal.hash)
      const about = removal.workload.map(({ id }) => id)
      return { ...removal, quarantined: await quarantineAll(tx, act, touched, reason, about) }
    },
  )
}

async function lookAt(tx: Tx, given: WorkloadToRemove) {
  const workload = await workloadOf(tx, given)
  const ids = workload.map(({ id }) => id)
  const used = await credentialsUsedBy(tx, ids)
  const whose = [...new Set(used.flatMap(({ data }) => [data.principalId ?? [], data.alsoOf].flat()))]
  const candidates = (
    await lockPrincipals(
      tx,
      whose.filter((id) => !ids.includes(id)),
    )
  ).filter(({ data }) => data.state !== 'retired' && data.kind !== 'human' && data.kind !== 'group')
  const theirs = await credentialsOf(
    tx,
    candidates.map(({ id }) => id),
  )
  const uses = new Map(candidates.map((one) => [one.id, stillUsed(one, theirs, new Set(ids))]))
  const usedByOthers = [...uses.values()].filter(({ others, unknown }) => others.length + unknown.length > 0)
  const kept = new Set<string>(usedByOthers.map(({ id }) => id))
  const alone = candidates.filter(({ id }) => !kept.has(id))
  const touched = [...workload, ...alone]
  const own = await credentialsOf(
    tx,
    touched.map(({ id }) => id),
  )
  const givenAlone = used.filter(
    ({ data }) => data.state !== 'revoked' && data.consumers.every((id) => ids.includes(id)),
  )
  // one that other principals authenticate by as well is not this workload's to end
  const credentials = [...new Map([...own, ...givenAlone].map((one) => [one.id, one])).values()]
    .filter(({ data }) => ![data.principalId ?? '', ...data.alsoOf].some((id) => kept.has(id)))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const removal: WorkloadRemoval = {
    workload: workload.map(touchedPrincipal),
    onlyUsedByIt: alone.map(touchedPrincipal),
    usedByOthers,
    credentials: credentials.map(touchedCredential),
    blindSpot: BLIND_SPOT,
    hash: hashOf(`remove ${JSON.stringify(given)}`, { workload, alone, credentials }),
  }
  return { touched, removal }
}

async function workloadOf(tx: Tx, given: WorkloadToRemove): Promise<CurrentPrincipal[]> {
  const ids =
    'principalId' in given
      ? [given.principalId]
      : (
          await tx.query<{ id: string }>(
            sql`select id from identity.principal where data ->> 'workloadScope' = ${given.workloadScope}`,
          )
        ).map(({ id }) => id)
  const held = (
    await lockPrincipals(
      tx,
      ids.filter((id) => isId('principal', id)),
    )
  ).filter(({ data }) => data.state !== 'retired')
  if (held.some(({ data }) => data.kind === 'human' || data.kind === 'group')) {
    throw new Fault('unprocessable', 'a person or a group is no workload')
  }
  if (held.length === 0) throw new Fault('not_found', 'no principal that is not retired is this workload')
  return held
}

/** Who else uses it, by its credentials and its custodians. */
function stillUsed(
  { id, data }: CurrentPrincipal,
  credentials: readonly Current<CredentialRecord>[],
  workload: ReadonlySet<string>,
): StillUsed {
  const own = credentials.filter((one) => one.data.principalId === id || one.data.alsoOf.some((other) => other === id))
  const consumers = [
    ...own.flatMap((one) => one.data.consumers as readonly string[]),
    ...data.custodians.map(({ consumerId }) => consumerId),
  ]
  return {
    id: id as Id<'principal'>,
    name: data.name,
    others: [...new Set(consumers)].filter((consumer) => !workload.has(consumer)).sort(),
    unknown: own.filter((one) => one.data.consumers.length === 0).map((one) => one.id as Id<'credential'>),
  }
}
