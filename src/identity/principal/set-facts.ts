// What a person says of a principal: it outranks what rules derived, and may be said of the past.
import { Fault } from '#kernel'
import type { Act, Id, Json, PrincipalKind } from '#kernel'
import { readCurrent } from '#db/history'
import type { Criticality } from '../classify.ts'
import type { Environment } from '../environment.ts'
import type { IdentityLayer } from '../operation.ts'
import type { VendorRecord } from '../record/people-records.ts'
import type { PrincipalRecord, StatableField } from '../record/principal-record.ts'
import { VENDOR } from '../record/tables.ts'
import { textOf } from './limits.ts'
import { changePrincipal } from './patch-principal.ts'
import type { Backdated, CurrentPrincipal, OfPrincipal } from './patch-principal.ts'
import { without } from './without.ts'

/** Marks an observed field as stated by a person, so that no sync changes it. */
export function stating(record: PrincipalRecord, field: StatableField): PrincipalRecord {
  return { ...record, stated: [...new Set([...(record.stated ?? []), field])].sort() }
}

const STATED = 'stated by a person'

export interface PrincipalClasses {
  readonly environment?: Environment | 'unknown'
  readonly function?: string
  readonly criticality?: Criticality | 'unknown'
  readonly kind?: PrincipalKind
}

/** Sets those of the four that are given. */
export async function classifyPrincipal(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & Backdated & PrincipalClasses,
): Promise<CurrentPrincipal> {
  const { environment, criticality, kind } = input
  const named = input.function === undefined ? undefined : textOf('function', input.function)
  const content: { [field: string]: Json } = {
    ...(environment === undefined ? {} : { environment }),
    ...(named === undefined ? {} : { function: named }),
    ...(criticality === undefined ? {} : { criticality }),
    ...(kind === undefined ? {} : { kind }),
  }
  if (Object.keys(content).length === 0) {
    throw new Fault('unprocessable', 'say at least one of `environment`, `function`, `criticality` and `kind`')
  }
  const stated = { from: 'stated', reason: act.reason ?? STATED } as const
  return await changePrincipal(identity, act, input, ({ data }) => {
    if (kind !== undefined && kind !== 'human' && data.personId !== undefined) {
      throw new Fault('conflict', 'it is a natural person: undo that match before its kind is changed')
    }
    return {
      patch: (record) => ({
        ...(kind === undefined ? record : stating({ ...record, kind }, 'kind')),
        ...(environment === undefined ? {} : { environment: { value: environment, ...stated } }),
        ...(named === undefined ? {} : { function: { value: named, ...stated } }),
        ...(criticality === undefined ? {} : { criticality: { value: criticality, ...stated } }),
      }),
      words: { type: 'principal.classified', content },
    }
  })
}

/** What it is for. The text stands in the record; the entry says that it was set, and by whom. */
export async function setPurpose(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & Backdated & { readonly purpose: string },
): Promise<CurrentPrincipal> {
  const value = textOf('purpose', input.purpose)
  return await changePrincipal(identity, act, input, () => ({
    patch: (record) => ({ ...record, purpose: { value, from: 'stated', reason: act.reason ?? STATED } }),
    words: { type: 'principal.purpose_set' },
  }))
}

/** Who supplies it, `null` for nobody. An offboarded vendor can only stand in a correction of the past. */
export async function setVendor(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & Backdated & { readonly vendorId: Id<'vendor'> | null },
): Promise<CurrentPrincipal> {
  const { vendorId, validTo } = input
  return await changePrincipal(identity, act, input, async (_current, tx) => {
    if (vendorId !== null) {
      const vendor = (await readCurrent<VendorRecord>(tx, VENDOR, [vendorId], { lock: true })).get(vendorId)
      if (vendor === undefined)
        throw new Fault('unprocessable', `no vendor has the id \`${vendorId}\`: register it first`)
      if (vendor.data.state === 'offboarded' && validTo === undefined) {
        throw new Fault('unprocessable', `the vendor \`${vendorId}\` is offboarded: it supplies nothing any more`)
      }
    }
    return {
      patch: (record) => stating(vendorId === null ? without(record, 'vendorId') : { ...record, vendorId }, 'vendorId'),
      words: { type: 'principal.vendor_set', about: vendorId === null ? [] : [vendorId], content: { vendorId } },
    }
  })
}

/** Which workload it belongs to, in the words of its system; `null` for none. */
export async function setWorkloadScope(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & Backdated & { readonly workloadScope: string | null },
): Promise<CurrentPrincipal> {
  const workloadScope = input.workloadScope === null ? null : textOf('workloadScope', input.workloadScope)
  return await changePrincipal(identity, act, input, () => ({
    patch: (record) =>
      stating(
        workloadScope === null ? without(record, 'workloadScope') : { ...record, workloadScope },
        'workloadScope',
      ),
    words: { type: 'principal.workload_set', content: { workloadScope } },
  }))
}
