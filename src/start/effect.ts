// Effect at work: plans that are due are carried by this server, and whoever holds a plan's lock is the only one who acts for it.
import { hostname } from 'node:os'
import { join } from 'node:path'
import { holdLock } from '#db'
import type { ReeveDatabase } from '#db'
import { OfferedCredentials, PlanKeeper } from '#effect'
import type { EffectLayer } from '#effect'
import { repeat } from '#evidence'
import { resolveText } from '#keys'
import type { ReferenceRules } from '#keys'
import type { ServerSettings } from '#config'
import { messageOf } from '#kernel'
import type { Clock } from '#kernel'
import type { TargetAdapter } from '#connectors/target'
import type { Undo } from './undo.ts'

const EVERY_MS = 1000
/** A server that is stopped, and not gone, keeps a plan no longer: another goes on with it. */
const LEASE_MS = 10_000
/** Below the data directory: what targets are reached with may lie here without being configured. */
const SECRETS = 'secrets'

export interface EffectOptions {
  readonly opened: ReeveDatabase
  readonly clock: Clock
  readonly dataDirectory: string
  readonly adapters: readonly TargetAdapter[]
  readonly references?: ServerSettings['references'] | undefined
  readonly receivers?: readonly string[] | undefined
  readonly fingerprint: (secret: string) => readonly { readonly keyId: string; readonly value: string }[]
  readonly grantsAt: NonNullable<EffectLayer['grantsAt']>
  readonly undo: Undo
  readonly say: (event: string) => void
}

export function startEffect({
  opened,
  clock,
  dataDirectory,
  adapters,
  references,
  receivers,
  fingerprint,
  grantsAt,
  undo,
  say,
}: EffectOptions): EffectLayer {
  const rules: ReferenceRules = {
    folders: [join(dataDirectory, SECRETS), ...(references?.folders ?? [])],
    variables: references?.variables ?? [],
    commands: references?.commands ?? [],
  }
  let wake = (): void => undefined
  const layer: EffectLayer = {
    db: opened.database.layer('effect'),
    clock,
    adapters,
    secretOf: async (reference, hosts) => await resolveText(reference, { ...rules, hosts }),
    offered: new OfferedCredentials(),
    marksOf: (secret) => fingerprint(secret).map(({ keyId, value }) => `${keyId}:${value}`),
    host: hostname(),
    receivers: receivers ?? [],
    grantsAt,
    onChanged: () => wake(),
    onAlarm: ({ about, event, detail, next }) =>
      say(`${about.startsWith('grt_') ? 'grant' : 'plan'} ${about} is ${event.replace('_', ' ')}: ${detail}; ${next}`),
  }
  const stopping = new AbortController()
  const keeper = new PlanKeeper({
    layer,
    signal: stopping.signal,
    lock: async (name) => await holdLock(opened.connectionFor('effect'), name, { leaseMs: LEASE_MS }),
    onFailure: (plan, error) => say(`plan ${plan} is looked at again in a second: ${messageOf(error)}`),
  })
  const keeping = repeat(async () => await keeper.pass(), {
    everyMs: EVERY_MS,
    onFailure: (error) => say(`plans are looked at again in a second: ${messageOf(error)}`),
  })
  wake = () => keeping.wake()
  undo.later('the carrying out of plans', async () => {
    stopping.abort()
    await keeping.stop()
    await keeper.settled()
  })
  return layer
}
