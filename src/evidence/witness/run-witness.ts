// A witness as a process: its own key, its own memory, one route. It needs nothing of Reeve's server and no database.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { Fault } from '#kernel'
import { COSIGNATURE_V1, parseVerifierKey, signerFromSeed, verifierKey, verifierOf } from '../checkpoint/note.ts'
import type { NoteSigner, NoteVerifier } from '../checkpoint/note.ts'
import { witnessServer } from './serve.ts'
import { Witness } from './witness.ts'
import type { Misbehaviour } from './witness.ts'

export interface WitnessOptions {
  /** Its name in cosignatures. */
  readonly name: string
  /** Verifier keys of the logs that it watches; several of one origin after a rotation. */
  readonly logKeys: readonly string[]
  /** 32 bytes as base64, made on first start, 0600. */
  readonly keyFile: string
  readonly host: string
  readonly port: number
  /** Its memory. */
  readonly folder: string
  readonly onMisbehaviour: (what: Misbehaviour) => void
  readonly onFailure: (error: unknown) => void
}

export interface RunningWitness {
  readonly url: string
  /** What auditors are given. */
  readonly key: string
  stop(): Promise<void>
}

/** Throws Fault('usage') for a log key that is none, Fault('key_missing') for a key file that others can read. */
export async function runWitness(options: WitnessOptions): Promise<RunningWitness> {
  const signer = await witnessSigner(options.keyFile, options.name)
  const logs = new Map<string, NoteVerifier[]>()
  for (const text of options.logKeys) {
    const verifier = logKeyOf(text)
    logs.set(verifier.name, [...(logs.get(verifier.name) ?? []), verifier])
  }
  const witness = new Witness({
    signer,
    logs,
    folder: options.folder,
    clock: () => Math.floor(Date.now() / 1000),
    onMisbehaviour: options.onMisbehaviour,
  })
  const server = witnessServer(witness, options.onFailure)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Fault('usage', `${options.host}:${options.port} cannot be listened on: choose another`, { cause }))
    })
    server.listen(options.port, options.host, resolve)
  })
  const { address, port, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    key: verifierKey(verifierOf(signer)),
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function logKeyOf(text: string): NoteVerifier {
  try {
    return parseVerifierKey(text)
  } catch (cause) {
    throw new Fault('usage', '`--log-key` is a verifier key: `reeve evidence key` prints it', { cause })
  }
}

async function witnessSigner(keyFile: string, name: string): Promise<NoteSigner> {
  await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 })
  try {
    const handle = await open(keyFile, 'wx', 0o600)
    try {
      await handle.writeFile(`${randomBytes(32).toString('base64')}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  if (((await stat(keyFile)).mode & 0o077) !== 0)
    throw new Fault('key_missing', `\`${keyFile}\` is open to other users: chmod 600 it, or make a new key`)
  const seed = Buffer.from((await readFile(keyFile, 'utf8')).trim(), 'base64')
  if (seed.length !== 32) throw new Fault('key_missing', `\`${keyFile}\` holds no key: restore it from a backup`)
  try {
    return signerFromSeed(name, seed, COSIGNATURE_V1)
  } catch (cause) {
    throw new Fault('usage', 'the name of a witness has no white space and no plus sign', { cause })
  }
}
