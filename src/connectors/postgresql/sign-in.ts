// Signing in at a server that may not be who it says it is: what asks for the password in clear, or as MD5, gets nothing.
// SECURITY: by SCRAM alone a server learns nothing that opens anything, and proves that it knew the password before.
import type { Duplex } from 'node:stream'
import type { Client } from 'pg'

/** What was asked for, in words; nothing was answered. */
export class NotAnswered extends Error {
  /** Another exchange than SCRAM; else the server proved nothing of itself. */
  readonly inClear: boolean

  constructor(message: string, inClear: boolean) {
    super(message)
    this.name = 'NotAnswered'
    this.inClear = inClear
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

/** Throws NotAnswered, or what `pg` throws. What comes later over the session is held to the same. */
export async function signIn(client: Client, { inClear, unasked }: Exchange = SCRAM_ONLY): Promise<void> {
  const { connection } = client as unknown as { connection: Inner }
  let exchange: 'none' | 'begun' | 'proved' = 'none'
  let refused: NotAnswered | undefined
  const refuse = (why: string, clear: boolean): void => {
    refused ??= new NotAnswered(why, clear)
    // `pg` writes nothing to a stream that is destroyed, and hears of this message only after this
    connection.stream.destroy(refused)
  }
  connection.on('message', ({ name }: { readonly name: string }) => {
    const asks = ASKS[name]
    if (asks !== undefined && !inClear) refuse(`${asks}, which is not answered`, true)
    else if (name === 'authenticationSASL') exchange = 'begun'
    else if (name === 'authenticationSASLFinal') exchange = 'proved'
    else if (name === 'authenticationOk' && exchange !== 'proved' && !(unasked && exchange === 'none'))
      refuse('it lets in without a proof that it knows the password', false)
  })
  contain(connection)
  try {
    await client.connect()
  } catch (error) {
    throw refused ?? error
  }
  if (refused !== undefined) throw refused
}

/** Of `pg`, whose types leave this out. */
interface Inner {
  readonly stream: Duplex
  on(event: 'message', listener: (message: { readonly name: string }) => void): void
  attachListeners: (stream: Pick<Duplex, 'on'>) => void
}

/** What `pg` cannot read it throws into the socket, where nobody catches it: it ends the connection, not the process. */
function contain(connection: Inner): void {
  const attach = connection.attachListeners.bind(connection)
  connection.attachListeners = (stream) => {
    const on = (event: string, listener: (...given: unknown[]) => void): unknown =>
      stream.on(event, event === 'data' ? caught(listener, () => connection.stream) : listener)
    attach({ on } as Pick<Duplex, 'on'>)
  }
}

const caught =
  (listener: (...given: unknown[]) => void, stream: () => Duplex) =>
  (...given: unknown[]): void => {
    try {
      listener(...given)
    } catch (cause) {
      stream().destroy(new Error('it did not speak as a server of PostgreSQL does', { cause }))
    }
  }
