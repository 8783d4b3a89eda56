// Creating and changing connections. What is stored has been found readable; each change has its entry.
import { newId } from '#kernel'
import type { Act } from '#kernel'
import { refusedBy } from '#db'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { checkInput, CONNECTION } from './connection.ts'
import type { ConnectionData, ConnectionInput, ConnectionRecord, ConnectionsLayer } from './connection.ts'
import { lockConnection, operate, wasRemoved } from './operation.ts'
import { getConnection } from './read-connections.ts'
import { assertReadable } from './read-target.ts'
import { endQueuedRun, lacksEnd, queueRun } from './run.ts'
import { checkSchedule } from './schedule.ts'

/** Its path is looked at first: what cannot be reached is not created. Faults: unprocessable, conflict (the name is taken). */
export async function createConnection(
  layer: ConnectionsLayer,
  act: Act,
  input: ConnectionInput,
): Promise<ConnectionRecord> {
  const { name, type, settings, options = {}, credentials = {}, schedule = null } = input
  checkInput(input)
  if (schedule !== null) checkSchedule(schedule, act.at)
  await assertReadable(layer, type, settings)
  const data: ConnectionData = { name, type, settings, options, credentials, schedule, state: 'enabled' }
  return await uniquelyNamed(async () =>
    operate(layer, act, async (tx) => {
      const [made] = await createWithEntries(tx, CONNECTION, act, [
        { id: newId('connection'), data, words: { type: 'connection.created', content: { type } } },
      ])
      if (made === undefined) throw new Error('a record was created')
      return made
    }),
  )
}

/** What may change later: everything but the type. */
export type ConnectionPatch = Partial<Omit<ConnectionInput, 'type'>>

export async function updateConnection(
  layer: ConnectionsLayer,
  act: Act,
  input: { readonly id: string; readonly patch: ConnectionPatch; readonly expectedVersion?: number },
): Promise<ConnectionRecord> {
  const { id, patch, expectedVersion } = input
  if (patch.schedule !== undefined && patch.schedule !== null) checkSchedule(patch.schedule, act.at)
  if (patch.settings !== undefined)
    await assertReadable(layer, (await getConnection(layer, id)).data.type, patch.settings)
  return await uniquelyNamed(async () =>
    operate(layer, act, async (tx) => {
      const current = await lockConnection(tx, id, expectedVersion)
      const said = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
      const next: ConnectionData = { ...current.data, ...(said as Partial<ConnectionData>) }
      checkInput(next)
      const content = { changed: Object.keys(said).sort() }
      const [made = current] = await changeWithEntries(tx, CONNECTION, act, [
        { current, patch: () => next, words: { type: 'connection.changed', content } },
      ])
      return made
    }),
  )
}

/** A paused connection does not run by its schedule; what is queued of it does not begin. It may still be run when asked. */
export async function pauseConnection(layer: ConnectionsLayer, act: Act, id: string): Promise<ConnectionRecord> {
  return await moveTo(layer, act, id, 'paused', 'connection.paused')
}

export async function resumeConnection(layer: ConnectionsLayer, act: Act, id: string): Promise<ConnectionRecord> {
  return await moveTo(layer, act, id, 'enabled', 'connection.resumed')
}

async function moveTo(
  layer: ConnectionsLayer,
  act: Act,
  id: string,
  state: ConnectionData['state'],
  type: string,
): Promise<ConnectionRecord> {
  return await operate(layer, act, async (tx) => {
    const current = await lockConnection(tx, id)
    if (current.data.state === state) return current
    const [made = current] = await changeWithEntries(tx, CONNECTION, act, [
      { current, patch: (data) => ({ ...data, state }), words: { type } },
    ])
    return made
  })
}

/** What the roll would be without: counts by kind of what only this connection sees. Nothing changes. */
export async function previewRemoval(
  layer: ConnectionsLayer,
  id: string,
): Promise<{ readonly seenOnlyHere: Readonly<Record<string, number>> }> {
  await layer.db.transaction(async (tx) => await lockConnection(tx, id))
  return { seenOnlyHere: (await layer.seenOnlyBy?.(id)) ?? {} }
}

/**
 * It is read no more. A last run is queued with it, which ends what it saw: what no other source sees is marked gone, see
 * `previewRemoval`; nothing is deleted. Asked for again, that run is queued again unless it succeeded.
 * A run that is under way ends by itself; Fault('conflict') until it has.
 */
export async function removeConnection(
  layer: ConnectionsLayer,
  act: Act,
  input: { readonly id: string; readonly expectedVersion?: number },
): Promise<ConnectionRecord> {
  return await operate(layer, act, async (tx) => {
    const held = await lockConnection(tx, input.id, input.expectedVersion, { removed: true })
    if (held.data.state === 'removed' && !(await lacksEnd(tx, input.id))) throw wasRemoved()
    await endQueuedRun(tx, act, input.id)
    const [made = held] = await changeWithEntries(
      tx,
      CONNECTION,
      act,
      held.data.state === 'removed'
        ? []
        : [
            {
              current: held,
              patch: (data): ConnectionData => ({ ...data, state: 'removed' }),
              words: { type: 'connection.removed' },
            },
          ],
    )
    await queueRun(tx, act, input.id, false)
    return made
  })
}

const NAME_TAKEN = { code: 'conflict', detail: 'another connection has this name: choose a different one' } as const

const uniquelyNamed = async <T>(work: () => Promise<T>): Promise<T> =>
  await refusedBy('connection_name', NAME_TAKEN, work)
