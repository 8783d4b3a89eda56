// Targets: the systems that Reeve acts on, and the switch that stops every act at once.
import { z } from 'zod'
import {
  addTarget,
  changeTarget,
  examineTarget,
  getRestraint,
  getTarget,
  listTargets,
  removeTarget,
  setRestraint,
} from '#effect'
import type { EffectLayer } from '#effect'
import { Fault } from '#kernel'
import type { Doors } from '../doors.ts'
import { endpoint } from '../endpoint.ts'
import type { AnyEndpoint, Who } from '../endpoint.ts'
import { Examination, Target, TARGET_FIELDS, TargetList, WHY_MAYBE, WHY_NEEDED } from '../form/effect.ts'
import { id, present } from '../form/fields.ts'

export const EFFECT_READERS: Who = { roles: ['identity-admin', 'access-admin', 'auditor', 'approver'] }
export const EFFECT_ACTORS: Who = { roles: ['access-admin'] }
const PATH = z.strictObject({ targetId: id('target') })
/** A target is read by the name that resources bear, too. */
const NAMED = z.strictObject({ targetId: z.string().min(1).max(100) })
const Restraint = z
  .object({ observeOnly: z.boolean().describe('no step of any plan acts, on any server') })
  .meta({ id: 'Restraint' })

export function effectOf({ effect }: Doors): EffectLayer {
  if (effect === undefined) throw new Fault('not_found', 'this server acts on no targets')
  return effect
}

const READS: AnyEndpoint[] = [
  endpoint({
    method: 'GET',
    path: '/v1/targets',
    operationId: 'listTargets',
    tag: 'effect',
    summary: 'List targets',
    who: EFFECT_READERS,
    scope: 'read',
    answer: TargetList,
    handle: async ({ doors }) => ({ items: await listTargets(effectOf(doors)) }),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/targets/{targetId}',
    operationId: 'getTarget',
    tag: 'effect',
    summary: 'Read one target, by id or by name',
    who: EFFECT_READERS,
    scope: 'read',
    params: NAMED,
    answer: Target,
    versioned: 'read',
    handle: async ({ doors, params }) => await getTarget(effectOf(doors), params.targetId),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/restraint',
    operationId: 'getRestraint',
    tag: 'effect',
    summary: 'Whether every act is stopped',
    who: EFFECT_READERS,
    scope: 'read',
    answer: Restraint,
    handle: async ({ doors }) => await getRestraint(effectOf(doors)),
  }),
]

const change = { tag: 'effect', who: EFFECT_ACTORS, scope: 'write', refuses: ['idempotency_reused'] } as const

const CHANGES: AnyEndpoint[] = [
  endpoint({
    ...change,
    method: 'POST',
    path: '/v1/targets',
    operationId: 'addTarget',
    summary: 'Add a target; its credentials are references, never values',
    body: z.strictObject({ ...TARGET_FIELDS, ...WHY_MAYBE }).meta({ id: 'NewTarget' }),
    answer: Target,
    status: 201,
    versioned: 'read',
    handle: async ({ doors, body, act }) => {
      const { because, ...settings } = body
      return await addTarget(effectOf(doors), act(because), present(settings))
    },
  }),
  endpoint({
    ...change,
    method: 'POST',
    path: '/v1/targets/{targetId}/update',
    operationId: 'changeTarget',
    summary: 'Change what is said of a target: all of it is said again',
    params: PATH,
    body: z.strictObject({ ...TARGET_FIELDS, ...WHY_MAYBE }).meta({ id: 'TargetChange' }),
    answer: Target,
    versioned: 'update',
    handle: async ({ doors, params, body, act, expectedVersion }) => {
      const { because, ...settings } = body
      return await changeTarget(effectOf(doors), act(because), {
        id: params.targetId,
        settings: present(settings),
        ...present({ expectedVersion }),
      })
    },
  }),
  endpoint({
    ...change,
    method: 'POST',
    path: '/v1/targets/{targetId}/remove',
    operationId: 'removeTarget',
    summary: 'Act on it no more; its plans and receipts stay',
    params: PATH,
    body: z.strictObject(WHY_MAYBE).meta({ id: 'RemovalOfTarget' }),
    answer: Target,
    versioned: 'update',
    handle: async ({ doors, params, body, act, expectedVersion }) =>
      await removeTarget(effectOf(doors), act(body.because), { id: params.targetId, ...present({ expectedVersion }) }),
  }),
  endpoint({
    ...change,
    method: 'POST',
    path: '/v1/targets/{targetId}/examination',
    operationId: 'examineTarget',
    summary: 'Whether it can be reached and the administrative role may do what it must, no less and no more',
    params: NAMED,
    answer: Examination,
    handle: async ({ doors, params, act }) => ({
      checks: await examineTarget(effectOf(doors), act(), params.targetId),
    }),
  }),
  endpoint({
    ...change,
    method: 'PUT',
    path: '/v1/restraint',
    operationId: 'setRestraint',
    summary: 'Stop every act at every target at once, or let them go on; nothing is undone by it',
    body: z.strictObject({ observeOnly: z.boolean(), ...WHY_NEEDED }).meta({ id: 'RestraintWanted' }),
    answer: Restraint,
    handle: async ({ doors, body, act }) =>
      await setRestraint(effectOf(doors), act(body.because), { observeOnly: body.observeOnly }),
  }),
]

export const TARGETS: readonly AnyEndpoint[] = [...READS, ...CHANGES]
