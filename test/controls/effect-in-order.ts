// What effect holds of an estate in order: a target that was examined, an act that was unproven and then proven, one that two agreed
// to, the switch on and off, and a grant that was unproven, told and then seen to end.
import { appendEntry, changeWithEntries, createWithEntries } from '#evidence/port'
import { newId } from '#kernel'
import type { Act, Id } from '#kernel'
import { readCurrent } from '#db/history'
import { setRestraint } from '#effect'
import type { EffectLayer } from '#effect'
import type { Tx } from '#db'
import { GRANT } from '../../src/access/grant/records.ts'
import { ACCESS_REQUEST } from '../../src/access/request/records.ts'
import { PLAN, RECEIPT, TARGET } from '../../src/effect/records.ts'
import { at } from './estate.ts'
import type { Open } from './estate.ts'

export interface EffectNamed {
  readonly target: string
  /** Verified in the end; `unprovenReceipt` is what it came to at first. */
  readonly contained: string
  readonly unprovenReceipt: string
  readonly revoked: string
  readonly revokedReceipt: string
  readonly timedGrant: string
}

const TOLD = { alarm: newId('alarm'), event: 'unproven', by: 'mail' }

interface Who {
  readonly principalId: Id<'principal'>
  readonly asks: Id<'person'>
  readonly decides: Id<'person'>
}

export async function effectInOrder(open: Open, who: Who): Promise<EffectNamed> {
  const db = open.database.layer('effect')
  const [target, contained, revoked] = [newId('target'), newId('plan'), newId('plan')]
  const about = [who.principalId]
  const planned = { targetId: target, targetName: 'main', about, plannedBy: who.asks, plannedBehind: [who.asks] }
  const steps = [{ name: 'hold', state: 'verified', startedAt: at(0) }]
  const settings = { name: 'main', system: 'postgresql', administrator: { user: 'reeve' } }
  const [unprovenReceipt, revokedReceipt] = await db.transaction(async (tx) => {
    const act = open.act(who.asks)
    await createWithEntries(tx, TARGET, act, [
      { id: target, data: { settings, state: 'enabled' }, words: { type: 'target.added' } },
    ])
    await appendEntry(tx, examined(target, act, 0))
    const hold = { ...planned, operation: 'contain', account: 'app', madeAt: at(0), approval: { needed: false }, steps }
    await plan(tx, act, contained, hold)
    const first = await ended(tx, open.act(), contained, 'unproven')
    await appendEntry(tx, {
      ...entry(contained, open.act()),
      type: 'alarm.taken',
      content: TOLD,
    })
    await change(tx, open.act(who.asks), contained, { state: 'running' })
    await ended(tx, open.act(), contained, 'verified')
    const approval = { needed: true, by: who.decides, behind: [who.decides], at: at(0) }
    await plan(tx, act, revoked, { ...planned, operation: 'revoke', account: 'old', madeAt: at(0), approval, steps })
    return [first, await ended(tx, open.act(), revoked, 'verified')] as const
  })
  const layer = { db } as EffectLayer
  await setRestraint(layer, { ...open.act(who.asks), reason: 'it misbehaves' }, { observeOnly: true })
  await setRestraint(layer, { ...open.act(who.asks), reason: 'it was mended' }, { observeOnly: false })
  return { target, contained, unprovenReceipt, revoked, revokedReceipt, timedGrant: await timedGrant(open, who) }
}

export const examined = (target: string, act: Act, tooMuch: number): Parameters<typeof appendEntry>[1] => ({
  ...entry(target, act),
  type: 'target.examined',
  content: { ok: 12, missing: 0, tooMuch, unknown: 0 },
})

const entry = (about: string, act: Act): Omit<Parameters<typeof appendEntry>[1], 'type'> => ({
  id: newId('entry'),
  layer: 'effect',
  at: act.at,
  actor: act.actor.id,
  subjects: [about],
})

async function plan(tx: Tx, act: Act, id: string, data: object): Promise<void> {
  await createWithEntries<object>(tx, PLAN, act, [
    { id, data: { ...data, state: 'running' }, words: { type: 'plan.made' } },
  ])
}

async function change(tx: Tx, act: Act, id: string, to: object): Promise<void> {
  const current = (await readCurrent<object>(tx, PLAN, [id], { lock: true })).get(id)
  if (current === undefined) throw new Error('it was made')
  const words = { type: 'plan.resumed' }
  await changeWithEntries<object>(tx, PLAN, act, [{ current, patch: (data) => ({ ...data, ...to }), words }])
}

async function ended(tx: Tx, act: Act, planId: string, outcome: string): Promise<string> {
  const id = newId('receipt')
  const words = { type: 'receipt.made', about: [planId] }
  await createWithEntries<object>(tx, RECEIPT, act, [{ id, data: { planId, outcome }, words }])
  await change(tx, act, planId, { state: outcome, receiptId: id })
  return id
}

/** Of a request that needs nobody's agreement, so that what is said of approvals is said of one grant. */
async function timedGrant({ database, act }: Open, { principalId, asks }: Who): Promise<string> {
  const [requestId, grant] = [newId('access_request'), newId('grant')]
  const what = { principalId, kind: 'just_in_time', actions: ['pg:SELECT'], resources: ['pg://main/*'] } as const
  const needs = { approval: 'none', approvals: 0, policyIds: [], policyVersion: newId('policy') }
  const asked = { ...what, purpose: 'a look', requestedBy: asks, interested: [asks], needs, state: 'granted' }
  await database.layer('access').transaction(async (tx) => {
    const asking = act(asks)
    const request = { id: requestId, data: asked, words: { type: 'access_request.made' } }
    await createWithEntries<object>(tx, ACCESS_REQUEST, asking, [request])
    const data = { ...what, from: at(-2), until: at(-1), reason: 'a look', requestId, approvedBy: [] }
    const fulfilment = { by: 'target:main', attempts: 0 }
    const made = { id: grant, data: { ...data, state: 'approved', fulfilment }, words: { type: 'grant.made' } }
    let [current] = await createWithEntries<object>(tx, GRANT, asking, [made])
    const told = { ...fulfilment, decisionId: newId('decision') }
    const ends = { at: at(-1), by: 'reeve', because: 'its time is over' }
    for (const to of [
      { state: 'provisioning', fulfilment: told },
      { state: 'ending', ended: ends },
      { state: 'unproven', fulfilment: told },
      { state: 'ended', fulfilment: { ...told, verifiedAt: at(-1) } },
    ]) {
      if (current === undefined) throw new Error('it was made')
      const patch = (before: object): object => ({ ...before, ...to })
      const words = { type: `grant.${to.state}` }
      ;[current] = await changeWithEntries(tx, GRANT, act(), [{ current, patch, words }])
    }
  })
  await database.layer('effect').transaction(async (tx) => {
    await appendEntry(tx, { ...entry(grant, act()), type: 'alarm.taken', content: TOLD })
  })
  return grant
}
