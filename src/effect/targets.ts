// Targets: the systems that Reeve acts on. Their credentials are references, never values.
import { isIPv6 } from 'node:net'
import { assertReference, canonicalJson, Fault, newId } from '#kernel'
import type { Act, Json } from '#kernel'
import { refusedBy, sql } from '#db'
import type { Tx } from '#db'
import { CURRENT, readCurrent } from '#db/history'
import { appendEntry, changeWithEntries, createWithEntries } from '#evidence/port'
import type { EntryWords } from '#evidence/port'
import type { AccountFound, Examined, TargetSettings } from '#connectors/target'
import { askTarget } from './ask-target.ts'
import { adapterOf, callOf, operate } from './layer.ts'
import type { EffectLayer } from './layer.ts'
import { offering } from './offered.ts'
import { TARGET } from './records.ts'
import type { CurrentTarget, TargetRecord } from './records.ts'
import { moveAlone } from './target-lock.ts'

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost|\/.*)$/
const LISTED_MAX = 1000
const EXAMINE_MS = 30_000

/** Faults: unprocessable, conflict (the name is taken). */
export async function addTarget(layer: EffectLayer, act: Act, settings: TargetSettings): Promise<CurrentTarget> {
  checkSettings(settings)
  adapterOf(layer, { settings, state: 'enabled' })
  return await uniquelyNamed(async () =>
    operate(layer, act, async (tx) => {
      const data: TargetRecord = { settings, state: 'enabled' }
      const words = { type: 'target.added', content: { system: settings.system } }
      const [made] = await createWithEntries(tx, TARGET, act, [{ id: newId('target'), data, words }])
      if (made === undefined) throw new Error('a record was created')
      return made
    }),
  )
}

/**
 * All of it is said again. It is not moved under grants: whoever ended them would look for their logins elsewhere, and find none
 * (decision record 0026). Faults: not_found, unprocessable, conflict, version_mismatch.
 */
export async function changeTarget(
  layer: EffectLayer,
  act: Act,
  input: { readonly id: string; readonly settings: TargetSettings; readonly expectedVersion?: number },
): Promise<CurrentTarget> {
  checkSettings(input.settings)
  return await uniquelyNamed(async () =>
    operate(layer, act, async (tx) => {
      const current = await lockTarget(tx, input.id, input.expectedVersion)
      const { settings } = current.data
      if (settings.system !== input.settings.system)
        throw new Fault('unprocessable', 'what system a target is stays: add another target')
      const changed = differing(settings, input.settings)
      if (MOVES.some((field) => changed.includes(field))) await assertNoGrants(layer, tx, current)
      const words = { type: 'target.changed', content: { changed } }
      return await moved(tx, act, current, words, { settings: input.settings })
    }),
  )
}

/** What makes it another place: where it is, and how resources name it. */
const MOVES: readonly (keyof TargetSettings)[] = ['name', 'address']

async function assertNoGrants(layer: EffectLayer, tx: Tx, current: CurrentTarget): Promise<void> {
  await moveAlone(tx, current.id)
  const held = (await layer.grantsAt?.(current)) ?? []
  if (held.length === 0) return
  throw new Fault(
    'conflict',
    `grants are at this target, which is not moved under them: end them first (${held.join(', ')}), or add another target`,
  )
}

const differing = (before: TargetSettings, after: TargetSettings): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((field) => spelledOut(before, field) !== spelledOut(after, field))
    .toSorted()

const spelledOut = (settings: TargetSettings, field: string): string =>
  canonicalJson((settings as unknown as Record<string, Json>)[field] ?? null)

/** No plan is made for it any more; its plans and receipts stay. */
export async function removeTarget(
  layer: EffectLayer,
  act: Act,
  input: { readonly id: string; readonly expectedVersion?: number },
): Promise<CurrentTarget> {
  return await operate(layer, act, async (tx) => {
    const current = await lockTarget(tx, input.id, input.expectedVersion)
    const [busy] = await tx.query<{ id: string }>(
      sql`select id from effect.plan where target_id = ${current.id} and state in ('proposed', 'running', 'paused', 'undoing') limit 1`,
    )
    if (busy !== undefined) throw new Fault('conflict', `plan ${busy.id} acts on it: cancel it, or let it end`)
    return await moved(tx, act, current, { type: 'target.removed' }, { state: 'removed' })
  })
}

async function moved(
  tx: Tx,
  act: Act,
  current: CurrentTarget,
  words: EntryWords,
  patch: Partial<TargetRecord>,
): Promise<CurrentTarget> {
  const [made = current] = await changeWithEntries<TargetRecord>(tx, TARGET, act, [
    { current, patch: (data) => ({ ...data, ...patch }), words },
  ])
  return made
}

/** By id or by name. Faults: not_found. */
export async function getTarget({ db }: EffectLayer, idOrName: string): Promise<CurrentTarget> {
  const [found] = await db.transaction(
    async (tx) =>
      await tx.query<CurrentTarget>(sql`select ${CURRENT} from effect.target
        where id = ${idOrName} or (name = ${idOrName} and state <> 'removed')`),
    { readOnly: true },
  )
  if (found === undefined)
    throw new Fault('not_found', 'there is no such target: `reeve target list` shows those there are')
  return found
}

export async function listTargets({ db }: EffectLayer): Promise<CurrentTarget[]> {
  return await db.transaction(
    async (tx) =>
      await tx.query<CurrentTarget>(
        sql`select ${CURRENT} from effect.target where state <> 'removed' order by name limit ${LISTED_MAX}`,
      ),
    { readOnly: true },
  )
}

/** Whether it can be reached and may do what it must, no less and no more. Changes nothing there; what it came to is in the log. */
export async function examineTarget(layer: EffectLayer, act: Act, idOrName: string): Promise<readonly Examined[]> {
  const target = await getTarget(layer, idOrName)
  const call = callOf(layer, target.data, AbortSignal.timeout(EXAMINE_MS))
  const checks = await askTarget(target, async () => await adapterOf(layer, target.data).examine(call))
  const count = (outcome: Examined['outcome']): number => checks.filter((check) => check.outcome === outcome).length
  const found = { ok: count('ok'), missing: count('missing'), tooMuch: count('too_much'), unknown: count('unknown') }
  // of what it was when it was looked at: it may have been changed meanwhile
  const content = { ...found, version: target.version }
  await layer.db.transaction(async (tx) => {
    await appendEntry(tx, {
      id: newId('entry'),
      layer: 'effect',
      type: 'target.examined',
      at: layer.clock(),
      actor: act.actor.id,
      ...(act.actor.onBehalfOf !== undefined && { onBehalfOf: act.actor.onBehalfOf }),
      subjects: [target.id],
      content,
    })
  })
  return checks
}

/** What is there of an account at its target now. */
export async function findAccount(layer: EffectLayer, target: CurrentTarget, account: string): Promise<AccountFound> {
  const call = callOf(layer, target.data, AbortSignal.timeout(EXAMINE_MS))
  return await askTarget(target, async () => await adapterOf(layer, target.data).find(call, { account }))
}

/** Which of these accounts a password is good for, by a real login of each. Nothing where its system has no such question. */
export async function accountsOf(
  layer: EffectLayer,
  target: CurrentTarget,
  credential: Parameters<typeof offering>[0],
  candidates: readonly string[],
): Promise<readonly string[]> {
  const adapter = adapterOf(layer, target.data)
  if (adapter.accountsOf === undefined || candidates.length === 0) return []
  const call = callOf(layer, target.data, AbortSignal.timeout(EXAMINE_MS))
  const offered = offering(credential)
  return await askTarget(target, async () => (await adapter.accountsOf?.(call, offered, candidates)) ?? [])
}

/** Under lock. Faults: not_found, conflict, version_mismatch. */
async function lockTarget(tx: Tx, id: string, expectedVersion?: number): Promise<CurrentTarget> {
  const current = (await readCurrent<TargetRecord>(tx, TARGET, [id], { lock: true })).get(id)
  if (current === undefined) throw new Fault('not_found', 'there is no such target')
  if (expectedVersion !== undefined && current.version !== expectedVersion)
    throw new Fault(
      'version_mismatch',
      `it is at version ${current.version} now: read it again, then repeat the change`,
    )
  if (current.data.state === 'removed') throw new Fault('conflict', 'the target was removed: add another one')
  return current
}

/** SECURITY: a value given in place of a reference is refused and not repeated; no password goes over a network in clear. */
function checkSettings({ address, entrances, standbys = [], administrator, tls, ca }: TargetSettings): void {
  for (const reference of [administrator.password, ...(ca === undefined ? [] : [ca])])
    assertReference('a secret', reference)
  const places = [address, ...entrances, ...standbys]
  const misspelled = places.find(({ host }) => !isHost(host))
  if (misspelled !== undefined)
    throw new Fault(
      'unprocessable',
      `\`${misspelled.host}\` is no host: write a name, an address or the absolute path of a folder, and the port by itself (\`port\`, --port)`,
    )
  const away = places.find(({ host }) => !LOOPBACK.test(host))
  if (tls === 'off' && away !== undefined)
    throw new Fault('unprocessable', `\`${away.host}\` is not this machine: \`tls\` has to be \`verify\``)
}

const isHost = (host: string): boolean => host.startsWith('/') || isIPv6(host) || /^[^\s:/@?#[\]]+$/.test(host)

const NAME_TAKEN = { code: 'conflict', detail: 'another target has this name: choose a different one' } as const

const uniquelyNamed = async <T>(work: () => Promise<T>): Promise<T> => await refusedBy('target_name', NAME_TAKEN, work)
