// The log as the server keeps it: signed with the log key, written below the data directory.
import { join } from 'node:path'
import type { Database } from '#db'
import {
  announceKey,
  ED25519,
  keepLog,
  logOrigin,
  RefusedToSign,
  signerOfNewest,
  TileFolder,
  verifierKey,
  verifierOf,
} from '#evidence'
import type { LogKeeper, NoteSigner, NoteVerifier, WitnessState } from '#evidence'
import { messageOf } from '#kernel'
import type { Clock } from '#kernel'
import type { Keys } from '#keys'
import { witnessKeys } from './witness-keys.ts'

export interface KeptLog {
  readonly tiles: TileFolder
  readonly keeper: LogKeeper
  /** Whose cosignatures count. */
  readonly witnesses: readonly NoteVerifier[]
}

const SAID_AGAIN_MS = 60_000

/** `say` is told in words what goes wrong; entries keep their order and wait. */
export async function startLog(parts: {
  readonly database: Database
  readonly dataDirectory: string
  readonly keys: Keys
  readonly clock: Clock
  readonly witnesses?: readonly { readonly url: string; readonly key: string }[]
  readonly say: (event: string) => void
}): Promise<KeptLog> {
  const { database, dataDirectory, keys, clock, say } = parts
  const evidence = database.layer('evidence')
  const name = await logOrigin(evidence, `reeve-log-${keys.keyInUse('log').keyId.replace(/^[a-z]+_/, '')}`)
  const [signer, ...earlier] = keys
    .keysOf('log')
    .map((key): NoteSigner => ({ name, algorithm: ED25519, publicKey: key.publicKey, sign: (data) => key.sign(data) }))
  if (signer === undefined) throw new Error('a kind that was opened has an active key')
  const tiles = new TileFolder(join(dataDirectory, 'log'))
  await tiles.shut()
  // nothing else writes yet: what was there is signed by the key before, what comes by the new one
  const before = await signerOfNewest(evidence, [signer, ...earlier])
  if (before !== undefined && before !== signer) await announceKey({ evidence, tiles, signer: before }, signer, clock)
  const own = [signer, ...earlier].map((key) => verifierKey(verifierOf(key)))
  const witnesses = (parts.witnesses ?? []).flatMap(({ url, key }) =>
    witnessKeys([key], own).map((verifier) => ({ url, verifier })),
  )
  const keeper = await keepLog({
    evidence,
    tiles,
    signer,
    clock,
    witnesses,
    onFailure: seldom((error) => {
      if (error instanceof RefusedToSign) say(`ALARM: ${error.message}`)
      else say(`entries wait for their place in the log: ${messageOf(error)}`)
    }),
    onWitness: (witness, { state, why }) => {
      say(witnessWords(witness, state, why))
    },
  })
  return { tiles, keeper, witnesses: witnesses.map(({ verifier }) => verifier) }
}

/** What stays as it is, is said once a minute. */
function seldom(tell: (error: unknown) => void): (error: unknown) => void {
  let said = { message: '', ms: 0 }
  return (error) => {
    const now = { message: messageOf(error), ms: performance.now() }
    if (now.message === said.message && now.ms - said.ms < SAID_AGAIN_MS) return
    said = now
    tell(error)
  }
}

function witnessWords(witness: string, state: WitnessState['state'], why = ''): string {
  if (state === 'cosigned') return `the witness ${witness} cosigns again`
  if (state === 'alarm')
    return `ALARM: the witness ${witness} says that this is not the log that it knows: ${why}; it is asked again and again`
  return `the witness ${witness} does not cosign: ${why}; entries keep their order and their place, and it is asked again`
}
