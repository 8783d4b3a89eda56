// A witness as a process: its own key, its own memory, one route. It needs nothing of Reeve's server and no database.
import type { AddressInfo } from 'node:net'
import { Fault } from '#kernel'
import { verifierKey, verifierOf } from '../checkpoint/note.ts'
import { LogKeys } from './log-keys.ts'
import type { Misbehaviour } from './misbehaviour.ts'
import { witnessServer } from './serve.ts'
import { watchSilence } from './silence.ts'
import type { Silence } from './silence.ts'
import { witnessSigner } from './witness-key.ts'
import { Witness } from './witness.ts'

export interface WitnessOptions {
  /** Its name in cosignatures. */
  readonly name: string
  /** Verifier keys of the logs that it watches; several of one origin after a rotation. */
  readonly logKeys: readonly string[]
  /** More of them, one a line; read again whenever it changed. */
  readonly logKeyFile?: string
  /** 32 bytes as base64, made on first start, 0600. */
  readonly keyFile: string
  readonly host: string
  readonly port: number
  /** Its memory. */
  readonly folder: string
  /** A log that was not cosigned for so long is silent. */
  readonly expectEverySeconds?: number
  readonly onMisbehaviour: (what: Misbehaviour) => void
  readonly onSilence?: (what: Silence) => void
  readonly onFailure: (error: unknown) => void
}

export interface RunningWitness {
  readonly url: string
  /** What auditors are given. */
  readonly key: string
  /** Requests whose proof showed nothing. */
  readonly badProofs: number
  stop(): Promise<void>
}

/** Throws Fault('usage') for a log key that is none, Fault('key_missing') for a key file that others can read. */
export async function runWitness(options: WitnessOptions): Promise<RunningWitness> {
  const { folder, onFailure, expectEverySeconds, onSilence } = options
  const signer = await witnessSigner(options.keyFile, options.name)
  const keys = await LogKeys.open({
    keys: options.logKeys,
    onFailure,
    ...(options.logKeyFile === undefined ? {} : { file: options.logKeyFile }),
  })
  const clock = (): number => Math.floor(Date.now() / 1000)
  const { onMisbehaviour } = options
  const keysOf = async (origin: string): ReturnType<LogKeys['of']> => await keys.of(origin)
  const witness = new Witness({ signer, keysOf, folder, clock, onMisbehaviour })
  const server = witnessServer(witness, onFailure)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Fault('usage', `${options.host}:${options.port} cannot be listened on: choose another`, { cause }))
    })
    server.listen(options.port, options.host, resolve)
  })
  const watching =
    expectEverySeconds === undefined || onSilence === undefined
      ? undefined
      : watchSilence({ witness, origins: () => keys.origins(), clock, expectEverySeconds, onSilence, onFailure })
  const { address, port, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    key: verifierKey(verifierOf(signer)),
    get badProofs() {
      return witness.badProofs
    },
    stop: async () => {
      await watching?.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
