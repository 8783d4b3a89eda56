// What is done with the log beside a server, on its own machine: export, verification, proofs, pruning.
import { createPublicKey } from 'node:crypto'
import { join } from 'node:path'
import { accessPopulations } from '#access/records'
import { openReeveDatabase, runningLayers } from '#db'
import type { Connection, Database } from '#db'
import {
  ED25519,
  exportBundle,
  formatProof,
  knownAfterRestore,
  listRotations,
  logOrigin,
  parseScope,
  placedUnder,
  pruneContent,
  signerOfNewest,
  TileFolder,
  verifierKey,
  verifierOf,
  verifyDecisions,
  verifyGuard,
  verifyLog,
  verifyRowEntries,
  verifyRows,
  verifyState,
} from '#evidence'
import type { BundleMade, LiveFinding, NoteSigner, Period } from '#evidence'
import { assessControls } from '#governance'
import { effectPopulations } from '#effect'
import { rollPopulations } from '#identity/roll'
import { Fault, messageOf, REEVE, systemClock } from '#kernel'
import { openKeys } from '#keys'
import type { Keys } from '#keys'
import { controlReader } from './control-reader.ts'
import { identityLayer } from './layers.ts'
import { servedDirectory } from './served-directory.ts'
import { decisionSource, rowSources, stateSources } from './told-tables.ts'
import { witnessKeys } from './witness-keys.ts'
import { serverSettingsOf } from '../config-server.ts'

export interface DeskOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly dataDirectory?: string
  readonly release: string
}

/** Verifier keys of the log, oldest first: the last one signs. */
export interface LogKeys {
  readonly origin: string
  readonly keys: readonly string[]
  /** One that was made and that the log announces at the server's next start: witnesses need it before. */
  readonly pending?: string
}

export interface Desk extends LogKeys {
  readonly database: Database
  /** Of the evidence layer, for what reads it by several threads. */
  readonly connection: Connection
  readonly tiles: TileFolder
  readonly signer: NoteSigner
}

/**
 * A server that runs is not disturbed: its PostgreSQL is asked directly, by the roles of the layers, and not its HTTP API,
 * since the process that serves that is what is to be verified. Where none runs, the database is started for the while.
 */
export async function atDesk<T>(options: DeskOptions, work: (desk: Desk) => Promise<T>): Promise<T> {
  const { environment, release } = options
  const dataDirectory = await servedDirectory(options.dataDirectory, environment)
  const external = (environment['REEVE_DATABASE_URL'] ?? '') !== ''
  const running = external ? undefined : await runningLayers(dataDirectory)
  const opened =
    running === undefined
      ? await openReeveDatabase({ dataDirectory, environment, release, log: () => undefined })
      : { ...running, stop: async () => await running.database.close() }
  try {
    const keys = await openKeys(join(dataDirectory, 'keys'), systemClock)
    const { database } = opened
    const evidence = database.layer('evidence')
    const origin = await logOrigin(evidence, `reeve-log-${keys.keyInUse('log').keyId.replace(/^[a-z]+_/, '')}`)
    const signers = keys.keysOf('log').map((key): NoteSigner => ({
      name: origin,
      algorithm: ED25519,
      publicKey: key.publicKey,
      sign: (data) => key.sign(data),
    }))
    // a key that was made and is not announced yet counts for nothing
    const signer = (await signerOfNewest(evidence, signers)) ?? signers[0]
    if (signer === undefined) throw new Error('a kind that was opened has an active key')
    const tiles = new TileFolder(join(dataDirectory, 'log'))
    const connection = opened.connectionFor('evidence')
    const chain = await keyChain(database, keys, origin)
    const active = verifierKey(verifierOf({ ...signer, publicKey: keys.keyInUse('log').publicKey }))
    const pending = chain.includes(active) ? {} : { pending: active }
    return await work({ database, connection, tiles, signer, origin, keys: chain, ...pending })
  } finally {
    await opened.stop()
  }
}

const ownKeys = (keys: readonly string[], pending: string | undefined): readonly string[] =>
  pending === undefined ? keys : [...keys, pending]

/** The first key, and those that the log announced since. */
async function keyChain(database: Database, keys: Keys, origin: string): Promise<string[]> {
  const rotations = await listRotations(database.layer('evidence'))
  const announced = rotations.map(({ content }) => {
    const note = content?.['note']
    return typeof note === 'string' ? (note.split('\n')[1] ?? '') : ''
  })
  const own = keys
    .describeKeys()
    .filter(({ kind }) => kind === 'log')
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
    .flatMap(({ publicKey }) => (publicKey === undefined ? [] : [textOf(publicKey, origin)]))
  const first = own.find((key) => !announced.includes(key))
  return [...(first === undefined ? [] : [first]), ...announced]
}

function textOf(rawBase64: string, origin: string): string {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(rawBase64, 'base64')])
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' })
  return verifierKey(verifierOf({ name: origin, algorithm: ED25519, publicKey, sign: () => Buffer.alloc(0) }))
}

export async function exportEvidence(
  options: DeskOptions & {
    readonly out: string
    readonly period: Period
    readonly scope: readonly string[]
    readonly witnessKeys: readonly string[]
  },
): Promise<BundleMade> {
  const scope = parseScope(options.scope)
  return await atDesk(options, async ({ database, signer, keys, pending }) => {
    const witnesses = witnessKeys(options.witnessKeys, ownKeys(keys, pending))
    const identity = identityLayer(database, systemClock, serverSettingsOf())
    return await exportBundle({
      evidence: database.layer('evidence'),
      signer,
      key: keys[0] ?? '',
      witnesses: options.witnessKeys,
      told: rowSources(database),
      decisions: decisionSource(database),
      populations: [
        ...rollPopulations(identity),
        ...accessPopulations(database.layer('access')),
        ...effectPopulations(database.layer('effect')),
      ],
      controls: await assessControls(controlReader(database, identity, witnesses)),
      period: options.period,
      scope,
      release: options.release,
      clock: systemClock,
      out: options.out,
    })
  })
}

export async function verifyEvidence(
  options: DeskOptions & {
    readonly state: boolean
    readonly logKey?: string
    readonly witnessKeys: readonly string[]
    readonly known?: string
    readonly acceptedRestore?: string
  },
): Promise<LiveFinding[]> {
  const { known, restore } = readKnown(options)
  return await atDesk(options, async ({ database, connection, tiles, keys, pending }) => {
    const evidence = database.layer('evidence')
    const { logKey, state } = options
    witnessKeys(options.witnessKeys, ownKeys(keys, pending))
    const findings = await verifyLog({
      evidence,
      connection,
      tileFolder: tiles.folder,
      keys,
      witnessKeys: options.witnessKeys,
      known,
      nowMs: () => Date.now(),
      ...(logKey === undefined ? {} : { logKey }),
    })
    if (restore !== undefined) findings.push({ check: 'restore', outcome: 'cannot', detail: restore.detail })
    const guarded = [...findings, ...(await verifyGuard(evidence, connection))]
    if (!state) return guarded
    return [
      ...guarded,
      ...(await verifyState(evidence, stateSources(database))),
      ...(await verifyRows(evidence, rowSources(database))),
      ...(await verifyRowEntries(evidence)),
      ...(await verifyDecisions(evidence, decisionSource(database))),
    ]
  })
}

/** Throws Fault('usage') for what is no checkpoint, or no restore that a witness accepted. */
function readKnown(given: {
  readonly known?: string
  readonly acceptedRestore?: string
  readonly witnessKeys: readonly string[]
}): ReturnType<typeof knownAfterRestore> {
  try {
    return knownAfterRestore(given.known, given.acceptedRestore, given.witnessKeys)
  } catch (cause) {
    throw new Fault('usage', messageOf(cause), { cause })
  }
}

export async function evidenceKeys(options: DeskOptions): Promise<LogKeys> {
  return await atDesk(options, ({ origin, keys, pending }) =>
    Promise.resolve({ origin, keys, ...(pending === undefined ? {} : { pending }) }),
  )
}

/** That an entry stands at its place, under which checkpoint and whose cosignature. */
export interface ProvenEntry {
  readonly entry: string
  readonly index: number
  readonly size: number
  readonly witnesses: readonly { readonly name: string; readonly at: string }[]
  /** C2SP tlog-proof. */
  readonly proof: string
}

/** Where keys of witnesses are given, under what one of them cosigned. Throws Fault('not_found'). */
export async function proveEvidence(
  options: DeskOptions & { readonly entry: string; readonly witnessKeys: readonly string[] },
): Promise<ProvenEntry> {
  const { entry } = options
  return await atDesk(options, async ({ database, tiles, keys, pending }) => {
    const trusted = witnessKeys(options.witnessKeys, ownKeys(keys, pending))
    const placed = await placedUnder(database.layer('evidence'), tiles, entry, trusted, trusted.length > 0)
    if (placed === undefined)
      throw new Fault(
        'not_found',
        trusted.length === 0
          ? 'no such entry is under a checkpoint: entries are within a second, while a server runs'
          : 'no such entry is under a checkpoint that a witness whose key was given has cosigned',
      )
    const { index, checkpoint } = placed
    const proof = await formatProof(tiles.readingOnce(), placed)
    return { entry, index, size: checkpoint.size, witnesses: checkpoint.witnesses, proof }
  })
}

export async function pruneEvidence(
  options: DeskOptions & { readonly type: string; readonly days: number },
): Promise<number> {
  return await atDesk(options, async ({ database }) => {
    const { type, days } = options
    return await pruneContent(database.layer('evidence'), { actor: { id: REEVE }, at: systemClock() }, { type, days })
  })
}
