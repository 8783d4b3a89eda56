// Signing in at a server that may not be who it says it is: what asks for the password in clear, as MD5, or by SCRAM of few rounds
// gets nothing. SECURITY: by SCRAM a server proves that it knew the password before, and learns what a guess can be tried against,
// at the cost of each of its rounds.
import type { Duplex } from 'node:stream'
import type { Client } from 'pg'

/** What was asked for, in words; nothing was answered. */
export class NotAnswered extends Error {
  /** Another exchange than SCRAM; SCRAM of too few or too many rounds; a server that proved nothing of itself. */
  readonly wanted: 'in clear' | 'other rounds' | 'no proof'

  constructor(message: string, wanted: NotAnswered['wanted']) {
    super(message)
    this.name = 'NotAnswered'
    this.wanted = wanted
  }
}

export interface Exchange {
  /** Whether a server is answered that asks in clear or as MD5. */
  readonly inClear: boolean
  /** Whether it may let in who was asked for nothing. */
  readonly unasked: boolean
}

const SCRAM_ONLY: Exchange = { inClear: false, unasked: false }

const ASKS: Readonly<Record<string, string>> = {
  authenticationCleartextPassword: 'it asks for the password in clear',
  authenticationMD5Password: 'it asks for the password as MD5',
}

/** What a server makes its verifiers with (`scram_iterations`): from the least of RFC 7677, which is its default, to about a second. */
export const ROUNDS = { min: 4096, max: 2_000_000 } as const

/** Before somebody is in, and of one answer after that: what is not whole yet is kept in memory. */
const BYTES_MAX = { before: 1024 * 1024, answer: 64 * 1024 * 1024 } as const

/** Throws NotAnswered, or what `pg` throws. What comes later over the session is held to the same. */
export async function signIn(client: Client, { inClear, unasked }: Exchange = SCRAM_ONLY): Promise<void> {
  const { connection } = Object.assign(client as unknown as { connection: Inner }, { scramMaxIterations: ROUNDS.max })
  let exchange: 'none' | 'begun' | 'proved' = 'none'
  let refused: NotAnswered | undefined
  const refuse = (why: string, wanted: NotAnswered['wanted']): void => {
    refused ??= new NotAnswered(why, wanted)
    // `pg` writes nothing to a stream that is destroyed, and hears of this message only after this
    connection.stream.destroy(refused)
  }
  connection.on('message', ({ name, data }) => {
    const asks = ASKS[name]
    if (asks !== undefined && !inClear) refuse(`${asks}, which is not answered`, 'in clear')
    else if (name === 'authenticationSASL') exchange = 'begun'
    else if (name === 'authenticationSASLFinal') exchange = 'proved'
    else if (name === 'authenticationOk' && exchange !== 'proved' && !(unasked && exchange === 'none'))
      refuse('it lets in without a proof that it knows the password', 'no proof')
    else if (name === 'authenticationSASLContinue' && otherRounds(data) !== undefined)
      refuse(
        `it asks for ${otherRounds(data)} rounds of SCRAM, which is not answered: ${ROUNDS.min} to ${ROUNDS.max} are`,
        'other rounds',
      )
  })
  contain(connection)
  try {
    await client.connect()
  } catch (error) {
    throw refused ?? error
  }
  if (refused !== undefined) throw refused
}

/** Of `pg`, whose types leave this and `scramMaxIterations` out. */
interface Inner {
  readonly stream: Duplex
  on(event: 'message', listener: (message: { readonly name: string; readonly data?: unknown }) => void): void
  attachListeners: (stream: Pick<Duplex, 'on'>) => void
}

/** `r=…,s=…,i=4096`. Each is looked at where there are more than one; what is no number `pg` refuses. */
function otherRounds(first: unknown): number | undefined {
  const said = String(first)
    .split(',')
    .filter((part) => part.startsWith('i='))
  return said.map((part) => Number(part.slice(2))).find((rounds) => rounds < ROUNDS.min || rounds > ROUNDS.max)
}

/** What `pg` cannot read it throws into the socket, where nobody catches it: it ends the connection, not the process. */
function contain(connection: Inner): void {
  const read: { bytes: number; max: number } = { bytes: 0, max: BYTES_MAX.before }
  connection.on('message', ({ name }) => {
    if (name === 'readyForQuery') Object.assign(read, { bytes: 0, max: BYTES_MAX.answer })
  })
  const attach = connection.attachListeners.bind(connection)
  const bounded = (listener: (bytes: Buffer) => void) => (bytes: Buffer) => {
    read.bytes += bytes.length
    if (read.bytes > read.max) {
      connection.stream.destroy(new Error(`it said more than ${read.max / 1024 / 1024} MiB at once`))
      return
    }
    try {
      listener(bytes)
    } catch (cause) {
      connection.stream.destroy(new Error('it did not speak as a server of PostgreSQL does', { cause }))
    }
  }
  connection.attachListeners = (stream) => {
    const on = (event: string, listener: (...given: unknown[]) => void): unknown =>
      stream.on(event, event === 'data' ? bounded(listener) : listener)
    attach({ on } as Pick<Duplex, 'on'>)
  }
}
