// Connections at work: what a run reads becomes records of the roll, under the settings of this server.
import { accessSeenOnlyBy } from '#access/records'
import type { AccessLayer } from '#access/records'
import { readingRules } from '#config'
import type { Config } from '#config'
import { runFiles, runTarget, startConnectionWorker } from '#connections'
import type { ConnectionsLayer, ConnectionWorker, Counts, RunHandler, Sync, TargetSource } from '#connections'
import type { ReeveDatabase } from '#db'
import { assertDiscoverable, discoverTarget } from '#effect'
import type { EffectLayer } from '#effect'
import { seenOnlyBy } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import { messageOf } from '#kernel'
import type { Clock } from '#kernel'
import type { Keys } from '#keys'
import { sync } from '#sync'

export interface ConnectionsOptions {
  readonly opened: ReeveDatabase
  readonly clock: Clock
  readonly keys: Keys
  readonly identity: IdentityLayer
  readonly access: AccessLayer
  readonly effect: EffectLayer
  readonly config: Config
  readonly importRoots: readonly string[]
  readonly dataDirectory: string
  readonly say: (event: string) => void
}

export async function startConnections(
  options: ConnectionsOptions,
): Promise<{ readonly layer: ConnectionsLayer; readonly worker: ConnectionWorker }> {
  const { opened, clock, keys, effect, importRoots, dataDirectory, say } = options
  const targets: TargetSource = {
    assertReadable: async (name) => await assertDiscoverable(effect, name),
    read: (name, signal) => discoverTarget(effect, name, signal),
  }
  let worker: ConnectionWorker | undefined
  const places = { importRoots, dataDirectory }
  const reading = { ...readingRules(options.config), exclude: options.config.scan.exclude }
  const layer: ConnectionsLayer = {
    db: opened.database.layer('connections'),
    clock,
    places,
    reading,
    targets,
    seenOnlyBy: async (sourceId) => ({
      ...(await seenOnlyBy(options.identity, sourceId)),
      ...(await accessSeenOnlyBy(options.access, sourceId)),
    }),
    onChanged: () => worker?.wake(),
  }
  const key = (): { keyId: string; key: Uint8Array } => {
    const inUse = keys.keyInUse('fingerprint')
    return { keyId: inUse.keyId, key: inUse.reveal() }
  }
  worker = await startConnectionWorker({
    layer,
    connection: opened.connectionFor('connections'),
    onRun: ofEither(
      runFiles({ places, clock, key, reading, sync: syncWith(options) }),
      runTarget({ clock, key, sync: syncWith(options) }, targets),
    ),
    onFailure: (error, doing) => {
      say(`${doing}: ${messageOf(error)}`)
    },
  })
  return { layer, worker }
}

/** What was removed is ended in one way, whatever it read. */
const ofEither =
  (files: RunHandler, target: RunHandler): RunHandler =>
  async (input) => {
    const { type, state } = input.connection.data
    return await (type === 'target' && state !== 'removed' ? target : files)(input)
  }

const syncWith =
  ({ identity, access, config }: ConnectionsOptions): Sync =>
  async ({ source, read, keyId, confirmLeavers, act, signal, onProgress }) => {
    const { principals, credentials, accounts, entitlements, ways, people, ...result } = await sync({
      identity,
      access,
      source,
      read: { ...read, partial: read.stats.partial },
      keyId,
      confirmLeavers,
      act,
      signal,
      classification: config.classification,
      owners: config.owners,
      onProgress: ({ step }) => onProgress({ step }),
    })
    const { matches, exposures, rekeyed } = result
    const counts: Counts = {
      principals: { ...principals },
      credentials: { ...credentials },
      accounts: { ...accounts },
      entitlements: { ...entitlements },
      ways: { ...ways },
      ...(people === undefined ? {} : { people: { ...people } }),
      matches,
      exposures,
      rekeyed,
      refused: result.refused.length,
    }
    if (people === undefined || people.held === 0) return { counts }
    const held =
      `the feed marks ${people.held} people as leavers, more than the bound: look at it; if they did leave, ` +
      `reeve connections run ${source.id} --confirm-leavers`
    return { counts, held }
  }
