// Finds the record that each observation is of: by explicit identifier, by fingerprint, by the place it was seen at.
import { isId } from '#kernel'
import type { Ref } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { credentialsByFingerprint } from '../credential/fingerprint.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import type { Observed, ObservedKind, ObservedRecord } from './observed.ts'

interface Target {
  /** Absent: nothing in the roll is it. */
  readonly id?: string
  /** Whether the scan's id already names another record. */
  readonly idTaken: boolean
  /** Further records that identifiers of the same observation name, and one such identifier. */
  readonly others: readonly { readonly id: string; readonly ref: Ref }[]
  /** Identifiers that nothing in the roll has yet. */
  readonly freeRefs: readonly Ref[]
}

export interface Targets<D extends ObservedRecord> {
  readonly held: ReadonlyMap<string, Current<D>>
  of(observed: Observed<D>): Target
}

/** Looks everything up at once. What is found is locked until the transaction ends, unless this is a dry run. */
export async function findTargets<D extends ObservedRecord>(
  tx: Tx,
  kind: ObservedKind<D>,
  items: readonly Observed<D>[],
  lock: boolean,
): Promise<Targets<D>> {
  const holders = await holdersOf(
    tx,
    items.flatMap(({ refs }) => refs),
  )
  const byFingerprint = await credentialsByFingerprint(
    tx,
    items.flatMap(({ fingerprint }) => fingerprint ?? []),
  )
  const candidates = new Set<string>(items.map(({ id }) => id))
  for (const id of holders.values()) if (isId(kind.idKind, id)) candidates.add(id)
  for (const ids of byFingerprint.values()) for (const id of ids) candidates.add(id)
  const held = await readCurrent<D>(tx, kind.table, [...candidates], { lock })
  return {
    held,
    of: (observed) => {
      const named = recordsNamed(observed, holders, held)
      const id = named[0]?.id ?? byValueOrPlace(observed, byFingerprint, held)
      return {
        ...(id === undefined ? {} : { id }),
        idTaken: held.has(observed.id),
        others: named.slice(1),
        freeRefs: observed.refs.filter((ref) => !holders.has(ref)),
      }
    },
  }
}

async function holdersOf(tx: Tx, refs: readonly Ref[]): Promise<Map<string, string>> {
  if (refs.length === 0) return new Map()
  const rows = await tx.query<{ ref: string; id: string }>(
    sql`select ref, record_id as id from identity.ref where ref = any(${[...new Set(refs)]})`,
  )
  return new Map(rows.map(({ ref, id }) => [ref, id]))
}

/** The records that its identifiers name, the one that it is taken for first: what still lives, then the scan's own id. */
function recordsNamed<D extends ObservedRecord>(
  { id, refs }: Observed<D>,
  holders: ReadonlyMap<string, string>,
  held: ReadonlyMap<string, Current<D>>,
): { id: string; ref: Ref }[] {
  const found = new Map<string, Ref>()
  for (const ref of refs) {
    const holder = holders.get(ref)
    if (holder !== undefined && held.has(holder) && !found.has(holder)) found.set(holder, ref)
  }
  const order = (holder: string): number => (ended(held.get(holder)?.data) ? 2 : holder === id ? 0 : 1)
  return [...found]
    .map(([holder, ref]) => ({ id: holder, ref }))
    .sort((a, b) => order(a.id) - order(b.id) || (a.id < b.id ? -1 : 1))
}

const ended = (data: unknown): boolean => (data as PrincipalRecord | undefined)?.state === 'retired'

/**
 * A credential that no identifier names is the one record without identifier that has its value for the same principal;
 * else the one at its place, unless that was ended with another value.
 */
function byValueOrPlace<D extends ObservedRecord>(
  observed: Observed<D>,
  byFingerprint: ReadonlyMap<string, readonly string[]>,
  held: ReadonlyMap<string, Current<D>>,
): string | undefined {
  if (!isId('credential', observed.id)) return undefined
  const fresh = observed.fresh as unknown as CredentialRecord
  const recordOf = (id: string): CredentialRecord | undefined => held.get(id)?.data as unknown as CredentialRecord
  const { fingerprint } = observed
  if (fingerprint !== undefined) {
    const same = (byFingerprint.get(`${fingerprint.keyId} ${fingerprint.value}`) ?? []).filter((id) => {
      const record = recordOf(id)
      return record?.refs.length === 0 && record.type === fresh.type && record.principalId === fresh.principalId
    })
    if (same.includes(observed.id)) return observed.id
    if (same.length === 1) return same[0]
  }
  const there = recordOf(observed.id)
  // an identifier that the roll does not know is not the record that another identifier was derived from
  if (there === undefined || observed.refs.length > 0) return undefined
  const known = there.fingerprints.find(({ keyId }) => keyId === fingerprint?.keyId)
  const replaced = known !== undefined && known.value !== fingerprint?.value
  return replaced && there.state !== 'live' ? undefined : observed.id
}
