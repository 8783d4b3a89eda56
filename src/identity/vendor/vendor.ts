// Vendors: the third parties that run, or are given, identities of ours.
import { Fault, newId } from '#kernel'
import type { Act, Instant } from '#kernel'
import { refusedBy, sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { statedText } from '../credential/change-credential.ts'
import { optional } from '../layer.ts'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import { without } from '../principal/without.ts'
import type { VendorRecord } from '../record/people-records.ts'
import { VENDOR } from '../record/tables.ts'

const NAME_MAX = 200

export interface VendorFacts {
  readonly name: string
  readonly contact?: string
  readonly contractEndsAt?: Instant
}

/** Throws Fault('conflict') where a vendor of that name, in whatever case, is there. */
export async function registerVendor(
  identity: IdentityLayer,
  act: Act,
  given: VendorFacts,
): Promise<Current<VendorRecord>> {
  const data: VendorRecord = { ...fit(given), state: 'active' }
  return await unlessTaken(() =>
    operate(identity, act, async (tx) => {
      const words = { type: 'vendor.registered', content: { name: data.name } }
      const [made] = await createWithEntries(tx, VENDOR, act, [{ id: newId('vendor'), data, words }])
      if (made === undefined) throw new Error('one vendor makes one record')
      return made
    }),
  )
}

/** `null` takes a fact away. */
export interface VendorChange {
  readonly id: string
  readonly expectedVersion?: number
  readonly name?: string
  readonly contact?: string | null
  readonly contractEndsAt?: Instant | null
}

export async function changeVendor(
  identity: IdentityLayer,
  act: Act,
  change: VendorChange,
): Promise<Current<VendorRecord>> {
  return await unlessTaken(() =>
    operate(identity, act, async (tx) => {
      const current = await lockVendor(tx, change.id, change.expectedVersion)
      const { name, contact, contractEndsAt } = change
      const patch = (record: VendorRecord): VendorRecord => ({
        ...without(
          record,
          ...(contact === undefined ? [] : (['contact'] as const)),
          ...(contractEndsAt === undefined ? [] : (['contractEndsAt'] as const)),
        ),
        ...fit({
          name: name ?? record.name,
          ...optional('contact', contact ?? undefined),
          ...optional('contractEndsAt', contractEndsAt ?? undefined),
        }),
      })
      const fields = Object.keys(change).filter((key) => key !== 'id' && key !== 'expectedVersion')
      const words = { type: 'vendor.changed', content: { fields } }
      const [made] = await changeWithEntries(tx, VENDOR, act, [{ current, patch, words }])
      if (made === undefined) throw new Error('one change makes one version')
      return made
    }),
  )
}

/** Held until the transaction ends. */
export async function lockVendor(tx: Tx, id: string, expectedVersion?: number): Promise<Current<VendorRecord>> {
  const current = (await readCurrent<VendorRecord>(tx, VENDOR, [id], { lock: true })).get(id)
  if (current === undefined) throw new Fault('not_found', 'no vendor has this id')
  if (expectedVersion !== undefined && expectedVersion !== current.version) {
    throw new Fault('version_mismatch', `it is at version ${current.version} now: read it again and repeat the change`)
  }
  return current
}

/** The vendors of these names, in whatever case; for what sources name. */
export async function vendorsNamed(tx: Tx, names: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; name: string }>(sql`
    select v.id, wanted.name from unnest(${names}::text[]) as wanted (name)
    join identity.vendor v on (lower(v.name) collate "C") = (lower(wanted.name) collate "C")`)
  return new Map(rows.map(({ id, name }) => [name, id]))
}

function fit({ name, contact, contractEndsAt }: VendorFacts): VendorFacts {
  return {
    name: statedText(name, 'name', NAME_MAX),
    ...optional('contact', contact === undefined ? undefined : statedText(contact, 'contact', 500)),
    ...optional('contractEndsAt', contractEndsAt),
  }
}

const unlessTaken = async <R>(work: () => Promise<R>): Promise<R> =>
  await refusedBy('vendor_name', { code: 'conflict', detail: 'a vendor of this name is in the roll already' }, work)
