// A vendor leaves: what it touches is listed first, then all of it is quarantined, with the entry of why.
import { Fault } from '#kernel'
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { Current } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import { statedText } from '../credential/change-credential.ts'
import type { IdentityLayer } from '../operation.ts'
import { operateOnPrincipals } from '../principal/patch-principal.ts'
import type { VendorRecord } from '../record/people-records.ts'
import { VENDOR } from '../record/tables.ts'
import {
  credentialsOf,
  hashOf,
  lockPrincipals,
  quarantineAll,
  refuseOtherThanShown,
  touchedCredential,
  touchedPrincipal,
} from './touched.ts'
import type { TouchedCredential, TouchedPrincipal } from './touched.ts'
import { lockVendor } from './vendor.ts'

export interface VendorOffboarding {
  readonly vendorId: Id<'vendor'>
  /** Every principal of the vendor that is not retired. */
  readonly principals: readonly TouchedPrincipal[]
  /** What they authenticate by and is not revoked: to be revoked at the targets. */
  readonly credentials: readonly TouchedCredential[]
  /** A source names this vendor for them, and nobody said that they are its: not touched, set their vendor first. */
  readonly named: readonly { readonly id: Id<'principal'>; readonly name: string }[]
  /** Of principals and credentials above: what `offboardVendor` is to be given. */
  readonly hash: string
}

/** Throws Fault('not_found'), and Fault('conflict') where it is offboarded already. */
export async function previewVendorOffboarding(identity: IdentityLayer, vendorId: string): Promise<VendorOffboarding> {
  return await identity.db.transaction(async (tx) => (await lookAt(tx, vendorId)).offboarding)
}

export interface VendorOffboarded extends VendorOffboarding {
  readonly vendor: Current<VendorRecord>
  readonly quarantined: readonly Id<'principal'>[]
}

/** Does what was shown, all of it or nothing: Fault('conflict') where that is no longer what there is. */
export async function offboardVendor(
  identity: IdentityLayer,
  act: Act,
  input: { readonly vendorId: string; readonly hash: string; readonly reason: string },
): Promise<VendorOffboarded> {
  const reason = statedText(input.reason, 'reason')
  return await operateOnPrincipals<VendorOffboarded>(
    identity,
    act,
    (done) => done.quarantined,
    async (tx) => {
      const { current, principals, offboarding } = await lookAt(tx, input.vendorId)
      refuseOtherThanShown(input.hash, offboarding.hash)
      const quarantined = await quarantineAll(tx, act, principals, reason, [current.id])
      const [vendor] = await changeWithEntries<VendorRecord>(tx, VENDOR, act, [
        {
          current,
          patch: (record) => ({
            ...record,
            state: 'offboarded',
            offboarding: { at: act.at, by: act.actor.id, reason },
          }),
          words: {
            type: 'vendor.offboarded',
            about: offboarding.principals.map(({ id }) => id),
            content: { hash: offboarding.hash, quarantined: quarantined.length },
            reason,
          },
        },
      ])
      if (vendor === undefined) throw new Error('one change makes one version')
      return { ...offboarding, vendor, quarantined }
    },
  )
}

async function lookAt(tx: Tx, vendorId: string) {
  // held first: nothing becomes this vendor's while it is looked at
  const current = await lockVendor(tx, vendorId)
  if (current.data.state === 'offboarded') throw new Fault('conflict', 'this vendor is offboarded already')
  const rows = await tx.query<{ id: string }>(
    sql`select id from identity.principal where vendor_id = ${vendorId} and state <> 'retired'`,
  )
  const held = await lockPrincipals(
    tx,
    rows.map(({ id }) => id),
  )
  const principals = held.filter(({ data }) => data.vendorId === vendorId && data.state !== 'retired')
  const credentials = await credentialsOf(
    tx,
    principals.map(({ id }) => id),
  )
  const named = await tx.query<{ id: Id<'principal'>; name: string }>(sql`
    select id, data ->> 'name' as name from identity.principal
    where lower(data ->> 'integration') = lower(${current.data.name}) and data ->> 'integration' is not null
      and vendor_id is null and state <> 'retired' order by name, id`)
  const offboarding: VendorOffboarding = {
    vendorId: current.id as Id<'vendor'>,
    principals: principals.map(touchedPrincipal),
    credentials: credentials.map(touchedCredential),
    named,
    hash: hashOf(`offboard ${vendorId}`, { principals, credentials }),
  }
  return { current, principals, offboarding }
}
