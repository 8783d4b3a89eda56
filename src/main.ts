// The composition root: the only file that sees everything. Opens what a server is made of, in order; closes it in reverse.
import { grantsHeldBy, GraphThread } from '#access/decisions'
import type { GrantFulfiller, OnDecisions } from '#access/decisions'
import { postgresqlTarget } from '#connectors/postgresql'
import type { TargetAdapter } from '#connectors/target'
import { bootstrapToken } from '#access/records'
import { openReeveDatabase } from '#db'
import type { ReeveDatabase } from '#db'
import { buildServer, HTTP_SETTINGS, stopServer } from '#http'
import type { HttpSettings } from '#http'
import { activatePeopleOfFeeds } from '#identity/roll'
import { REEVE, systemClock } from '#kernel'
import type { Act } from '#kernel'
import type { KeyKind } from '#keys'
import { monotonicClock } from './start/clock.ts'
import { startConnections } from './start/connections.ts'
import { containDoor } from './start/contain/contain.ts'
import { controlReader } from './start/control-reader.ts'
import { prepareDataDirectory } from './start/data-directory.ts'
import { startDecisions } from './start/decisions.ts'
import { refuseForgedRows } from './start/forged-rows.ts'
import { gaugesOf } from './start/gauges.ts'
import { alarmReceivers, startAlarms, testAlarms } from './start/alarms/send-alarms.ts'
import { startEffect } from './start/effect.ts'
import { startGrants } from './start/grants.ts'
import { tellUnproven } from './start/tell-unproven.ts'
import { followKeys } from './start/keys-kept.ts'
import { administration, endingAccessOfLeavers, fingerprinter, identityLayer } from './start/layers.ts'
import { urlOf } from './start/listen-address.ts'
import { startLog } from './start/log-keeping.ts'
import { openPort, refuseTaken } from './start/open-port.ts'
import { keysOfRoll, registerOwnIdentities } from './start/own-identities.ts'
import { haveSampleEstate } from './start/sample-estate.ts'
import { resolveSettings } from './start/server-settings.ts'
import type { ResolvedSettings, ServerOptions } from './start/server-settings.ts'
import { Undo } from './start/undo.ts'
import { startReaper } from './start/reaper.ts'
import { fulfillerName, targetGrants } from './start/target-grants.ts'
import { loginDoor } from './start/target-logins.ts'
import { startUpkeep } from './start/upkeep.ts'

export { administratorSql } from '#connectors/postgresql'
export { backUp } from './start/back-up.ts'
export { secretFor } from './start/contain/secret-for.ts'
export type { AccountAt } from './start/contain/secret-for.ts'
export { localKeys } from './start/local-keys.ts'
export type { KeyDescription as LocalKey } from '#keys'
export { restoreBackup } from './start/restore-backup.ts'
export type { RestoredBackup } from './start/restore-backup.ts'

export { eraseOfPerson } from './start/erase-of-person.ts'
export { evidenceKeys, exportEvidence, proveEvidence, pruneEvidence, verifyEvidence } from './start/evidence-desk.ts'
export { exportOcsf } from './start/ocsf-desk.ts'
export { acceptRestore, keptSigner, runWitness, verifyBundleFile, verifyReceiptFile } from '#evidence'
export type { Misbehaviour } from '#evidence'

export interface StartOptions extends ServerOptions {
  readonly release: string
  /** Where the server's own log lines go: JSON, one a line, without secrets. */
  readonly log: { write(line: string): void }
  /** Where the address is in use, a free port of the same host will do. */
  readonly elsePortFree?: boolean
  /** Kinds of keys that the roll was made under and that are gone for good: new ones take their place. */
  readonly acceptKeyLoss?: readonly KeyKind[]
  /** A bootstrap token, though nobody is locked out: for one more person, on their own machine. */
  readonly bootstrap?: boolean
  /** What carries grants to their targets, beside what Reeve decides itself. */
  readonly fulfillers?: readonly GrantFulfiller[]
  /** What acts on systems; all that this release has without it. */
  readonly adapters?: readonly TargetAdapter[]
  /** Have the sample estate (`samples`) in the roll. */
  readonly sampleEstate?: boolean
  /** Takes every decision of this server, and of the points that send it theirs, as an observation. */
  readonly onDecisions?: OnDecisions
}

export interface RunningReeve {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly dataDirectory: string
  readonly configFile?: string
  /** SECURITY: shown once. Absent where there are administrators, or an earlier one is still good. */
  readonly bootstrapToken?: string
  /** What became of the sample estate, in words. */
  readonly sample?: string
  /** Stops accepting, finishes what is under way, then closes everything. Twice is once. */
  stop(): Promise<void>
}

/** Throws a Fault that says what to do; what was opened by then is closed again. */
export async function startReeve(options: StartOptions): Promise<RunningReeve> {
  const settings = await resolveSettings(options)
  if (options.elsePortFree !== true) await refuseTaken(settings.listen)
  const say = (event: string): void => {
    options.log.write(`${JSON.stringify({ level: 'info', time: systemClock(), msg: event })}\n`)
  }
  const undo = new Undo(say)
  try {
    return await start(options, settings, undo, say)
  } catch (error) {
    await undo.all()
    throw error
  }
}

async function start(
  options: StartOptions,
  settings: ResolvedSettings,
  undo: Undo,
  say: (event: string) => void,
): Promise<RunningReeve> {
  const { dataDirectory, configFile } = settings
  const { log, act, ...parts } = await startLayers(options, settings, undo, say)
  const { opened, clock, keys, identity, access, effect, receivers } = parts
  const { database } = opened
  const decisions = await startDecisions({ ...parts, dataDirectory, act, undo, onDecisions: options.onDecisions })
  const grants = startGrants({
    opened,
    access,
    state: decisions.state,
    say,
    tellUnproven: async () => await tellUnproven(access, effect),
  })
  undo.later('the keeping of grants', async () => grants.stop())
  const reaper = startReaper({ opened, effect, say })
  undo.later('the reaping of targets', async () => reaper.stop())
  const graph = startGraph(opened, undo)
  decisions.feed?.follow(({ kind }) => kind === 'anew' && graph.anew())
  const { layer: connections, worker } = await startConnections({ ...settings, ...parts })
  undo.later('the runs of connections', async () => worker.stop())
  const fingerprint = fingerprinter(keys)
  const http = await buildServer(
    {
      identity,
      access,
      connections,
      decisions: { ...decisions, ...(settings.routes !== undefined && { routes: settings.routes }) },
      graph,
      effect,
      testAlarms: async (to) => await testAlarms(receivers, clock, to),
      contain: containDoor({ identity, effect, graph, fingerprint }),
      logins: loginDoor({ access, effect, decisions }),
      evidence: database.layer('evidence'),
      tiles: log.tiles,
      refusesToSign: () => log.keeper.refusesToSign,
      witnesses: log.witnesses,
      fingerprint,
      release: options.release,
      controls: (past) => controlReader(database, identity, log.witnesses, past),
      gauges: gaugesOf({ database, identity, connections, clock }),
    },
    httpSettings(options, settings),
  )
  undo.later('the HTTP server', async () => stopServer(http))
  const at = await openPort(http, settings.listen, options.elsePortFree ?? false)
  const sample = await sampleOf(options, connections, act)
  // last, so that whatever may fail has not: the token is shown once
  const bootstrap = await bootstrapToken(identity, access, act, options.bootstrap)
  return {
    ...at,
    url: urlOf(at, settings.tls !== undefined),
    dataDirectory,
    ...(configFile === undefined ? {} : { configFile }),
    ...(bootstrap === undefined ? {} : { bootstrapToken: bootstrap.value }),
    ...(sample === undefined ? {} : { sample }),
    stop: async () => undo.all(),
  }
}

/** The layers that records live in, with what keeps each of them going. */
// oxlint-disable-next-line typescript/explicit-function-return-type -- it is named by what is opened
async function startLayers(
  options: StartOptions,
  settings: ResolvedSettings,
  undo: Undo,
  say: (event: string) => void,
) {
  const { dataDirectory, config } = settings
  const { environment, release } = options
  await prepareDataDirectory(dataDirectory)
  const clock = monotonicClock(systemClock, (from, to) => {
    say(
      `the machine's clock ran ahead: it said ${from}, and says ${to} now; what was recorded meanwhile bears the wrong time`,
    )
  })
  const opened = await openReeveDatabase({ dataDirectory, environment, release, log: say })
  undo.later('the database', async () => opened.stop())
  const { database } = opened
  const keys = await keysOfRoll(dataDirectory, clock, database, options.acceptKeyLoss)
  const carried = targetGrants(options.fulfillers)
  const access = administration(database, clock, keys, config.server, carried)
  const identity = endingAccessOfLeavers(identityLayer(database, clock, config.server), access, say)
  const log = await startLog({ database, dataDirectory, keys, clock, say, witnesses: config.server.witnesses ?? [] })
  undo.later('the log', async () => log.keeper.stop())
  await refuseForgedRows(database, say)
  const act: Act = { actor: { id: REEVE }, at: clock(), reason: 'the server started' }
  await registerOwnIdentities(identity, keys, act)
  // before anything decides: of an earlier release, and of a backup of it
  await activatePeopleOfFeeds(identity, { ...act, reason: 'a feed of people has them' })
  const keyFiles = followKeys({
    keys,
    say,
    onChanged: async () => registerOwnIdentities(identity, keys, { ...act, at: clock(), reason: 'a key was rotated' }),
  })
  undo.later('the look at the keys', async () => keyFiles.stop())
  const upkeep = startUpkeep({ database, identity, access, clock, say })
  undo.later('the upkeep', async () => upkeep.stop())
  const { adapters = [postgresqlTarget] } = options
  const receivers = alarmReceivers(config.server.alarms, keys)
  const effect = startEffect({
    fingerprint: fingerprinter(keys),
    grantsAt: async (target) => await grantsHeldBy(access, fulfillerName(target)),
    opened,
    clock,
    dataDirectory,
    adapters,
    references: config.server.references,
    receivers: receivers.map(({ name }) => name),
    undo,
    say,
  })
  carried.of(effect)
  startAlarms({ opened, effect, receivers, undo, say })
  return { opened, clock, keys, identity, access, effect, receivers, log, act, say }
}

async function sampleOf(
  { sampleEstate, samples }: StartOptions,
  connections: Parameters<typeof haveSampleEstate>[0],
  act: Act,
): Promise<string | undefined> {
  if (sampleEstate !== true || samples === undefined) return undefined
  return await haveSampleEstate(connections, { ...act, reason: 'the sample estate was asked for' }, samples)
}

function httpSettings({ release, log }: StartOptions, { config, tls }: ResolvedSettings): HttpSettings {
  const { behindProxy, perTokenPerMinute, failuresPerAddressPerMinute } = config.server
  return {
    ...HTTP_SETTINGS,
    release,
    behindProxy,
    log,
    // a page that rebinds its name to this address cannot show a certificate for that name, so TLS needs no list of names
    ...(tls === undefined ? {} : { tls, hosts: ['*'] }),
    ...(perTokenPerMinute === undefined ? {} : { perTokenPerMinute }),
    ...(failuresPerAddressPerMinute === undefined ? {} : { failuresPerAddressPerMinute }),
  }
}

function startGraph(opened: ReeveDatabase, undo: Undo): GraphThread {
  const graph = new GraphThread(opened.connectionFor('access'))
  undo.later('the graph of access', async () => graph.stop())
  return graph
}
