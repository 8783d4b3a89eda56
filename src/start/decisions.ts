// The decision point of the server: a state that follows the database, who may ask it, and what it decided.
import { join } from 'node:path'
import {
  DecisionLog,
  DenialBinding,
  followOutbox,
  hinting,
  installStarterPolicies,
  markTokenUsed,
  ResidentAuthentication,
  wholeState,
  writeDecisions,
} from '#access/decisions'
import type { Change, OnDecisions } from '#access/decisions'
import type { Administration } from '#access/records'
import type { ReeveDatabase } from '#db'
import { entryHashes } from '#evidence'
import type { DecisionsDoor } from '#http'
import type { IdentityLayer } from '#identity/roll'
import { messageOf, REEVE } from '#kernel'
import type { Act } from '#kernel'
import { monotonicMilliseconds } from './clock.ts'
import type { Undo } from './undo.ts'

export interface DecisionsOptions {
  readonly opened: ReeveDatabase
  readonly dataDirectory: string
  readonly identity: IdentityLayer
  readonly access: Administration
  readonly act: Act
  readonly say: (event: string) => void
  readonly undo: Undo
  readonly onDecisions: OnDecisions | undefined
}

/** More than others send at once: what is decided here crosses no network. */
const BATCH_MAX = 20_000

/** Everything is known when it returns. */
export async function startDecisions(options: DecisionsOptions): Promise<DecisionsDoor> {
  const { opened, identity, access, say, undo, onDecisions } = options
  await havePolicies(options)
  // what has expired does not come back because the machine's clock was set a little
  const now = monotonicMilliseconds(Date.now)
  const evidence = opened.database.layer('evidence')
  const source = {
    identity,
    access: access.db,
    entryHash: async (id: string, version: number) =>
      (await entryHashes(evidence, [{ id, version }])).get(`${id} ${version}`),
  }
  const listeners = new Set<(change: Change) => void>()
  const follower = await followOutbox({
    ...source,
    listenOn: opened.connectionFor('access'),
    now,
    say,
    onChange: (change) => {
      for (const listener of listeners) listener(change)
    },
  })
  const tokens = new ResidentAuthentication(access.tokenKeys)
  const binding = new DenialBinding(access.tokenKeys)
  undo.later('the decision point', async () => follower.stop())
  // SECURITY: in the folder before the answer leaves, in the database with the next batch
  const log = await DecisionLog.open({
    folder: join(options.dataDirectory, 'decisions'),
    say,
    batchMax: BATCH_MAX,
    send: async (spool, lines) => {
      const self: Act = { actor: { id: REEVE }, at: access.clock() }
      return await writeDecisions(access, self, { source: spool, lines }, onDecisions)
    },
  })
  undo.later('what was decided', async () => log.close())
  return {
    onDecided: log.onDecided,
    requestable: { binding, hint: hinting(() => follower.state, binding) },
    state: () => follower.state,
    look: async () => follower.look(),
    now,
    authenticate: (presented, shown) => tokens.authenticate(follower.state, presented, now(), shown),
    feed: {
      follow: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      whole: () => wholeState(source, now()),
    },
    takeRecords: async (sent, subjectId) =>
      await writeDecisions(access, { actor: { id: subjectId }, at: access.clock() }, sent, onDecisions),
    onTokenUsed: (tokenId) => {
      markTokenUsed(access, tokenId, access.clock()).catch((error: unknown) => {
        say(`the use of a token was not noted: ${messageOf(error)}`)
      })
    },
  }
}

/** Of two servers that start at once on a new database, one has them first; the other, asking again, finds them. */
async function havePolicies({ access, act }: DecisionsOptions): Promise<void> {
  try {
    await installStarterPolicies(access, act)
  } catch {
    await installStarterPolicies(access, act)
  }
}
