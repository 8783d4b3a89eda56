// The whole state that decisions are made from, and single parts of it, read from the layers that keep them.
import { sql } from '#db'
import type { LayerDatabase, Tx } from '#db'
import { CURRENT, everyCurrent, readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { credentialFacts, everyCredentialFacts, everyPrincipalFacts, principalFacts } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import { DENIAL, GRANT } from '../grant/records.ts'
import type { DenialRecord, GrantRecord, GrantState } from '../grant/records.ts'
import { tokenFacts, tokensToKnow } from '../token/token-facts.ts'
import type { Change } from './change.ts'
import { policiesInForce } from './policies-in-force.ts'
import type { EntryHash } from './policies-in-force.ts'

export interface FeedSource {
  readonly identity: IdentityLayer
  readonly access: LayerDatabase
  /** Of the log: policies decide only as they were approved. */
  readonly entryHash?: EntryHash
}

export type NewsKind = 'principal' | 'credential' | 'grant' | 'denial' | 'policy' | 'token'

/** A grant that is over stays known for a day, so that a denial can say why. */
const REMEMBERED_MS = 86_400_000
export const OVER: ReadonlySet<GrantState> = new Set(['ending', 'ended', 'unproven'])

/** Everything, in no order that matters; each part as it is when it is read. */
export async function* wholeState(source: FeedSource, now: number): AsyncGenerator<Change> {
  const { identity, access, entryHash } = source
  yield* await policiesInForce(access, entryHash)
  for await (const facts of everyPrincipalFacts(identity)) yield { kind: 'principal', facts }
  for await (const facts of everyCredentialFacts(identity)) yield { kind: 'credential', facts }
  for (const facts of await tokensToKnow(access)) yield { kind: 'token', facts }
  for await (const current of everyCurrent<GrantRecord>(access, GRANT)) {
    const change = grantChange(current)
    if ((change.grant.until ?? Infinity) > now - REMEMBERED_MS) yield change
  }
  for await (const current of everyCurrent<DenialRecord>(access, DENIAL)) yield denialChange(current)
}

const READERS: Readonly<
  Record<NewsKind, (source: FeedSource, subjects: readonly string[]) => AsyncGenerator<Change> | Promise<Change[]>>
> = {
  principal: async ({ identity }, ids) =>
    (await principalFacts(identity, ids)).map((facts) => ({ kind: 'principal', facts })),
  credential: async ({ identity }, ids) =>
    (await credentialFacts(identity, ids)).map((facts) => ({ kind: 'credential', facts })),
  grant: async ({ access }, ids) =>
    await access.transaction(
      async (tx) => [...(await readCurrent<GrantRecord>(tx, GRANT, ids)).values()].map(grantChange),
      { readOnly: true },
    ),
  denial: async ({ access }, ids) =>
    await access.transaction(async (tx) => (await denialsOf(tx, ids)).map(denialChange), { readOnly: true }),
  policy: async ({ access, entryHash }) => await policiesInForce(access, entryHash, { quick: true }),
  token: async ({ access }, ids) => (await tokenFacts(access, ids)).map((facts) => ({ kind: 'token', facts })),
}

/** Of these subjects, as they are now. */
export async function* partOfState(
  source: FeedSource,
  kind: NewsKind,
  subjects: readonly string[],
): AsyncGenerator<Change> {
  yield* await READERS[kind](source, subjects)
}

export const isNewsKind = (text: string): text is NewsKind => Object.hasOwn(READERS, text)

const denialsOf = async (tx: Tx, subjects: readonly string[]): Promise<Current<DenialRecord>[]> =>
  await tx.query(sql`select ${CURRENT} from access.denial where subject_id = any(${subjects}) order by recorded_at`)

function grantChange({ id, version, data }: Current<GrantRecord>): Extract<Change, { kind: 'grant' }> {
  const { kind, principalId, actions, resources, from, until, ended, state } = data
  // what the target has not yet is not in force here either; what is ending is over here at once
  const begun = state !== 'approved' && state !== 'provisioning'
  const end = ended?.at ?? until
  return {
    kind: 'grant',
    version,
    grant: {
      id,
      kind,
      principalId,
      actions,
      resources,
      from: begun ? Date.parse(from) : Number.MAX_SAFE_INTEGER,
      until: end === undefined ? null : Date.parse(end),
      // SECURITY: also by a clock that was set back since, by which its time would not be over
      ended: OVER.has(state),
      // one whose time was over has run out, and was not taken
      ...(OVER.has(state) && ended !== undefined && until !== undefined && ended.at >= until && { ranOut: true }),
    },
  }
}

const denialChange = ({ recordedAt, data }: Current<DenialRecord>): Change => ({
  kind: 'denial',
  subjectId: data.subjectId,
  denied: data.liftedAt === undefined,
  version: Date.parse(recordedAt),
})
