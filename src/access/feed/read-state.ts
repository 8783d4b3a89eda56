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
import type { Change, PolicyJson } from './change.ts'

export interface FeedSource {
  readonly identity: IdentityLayer
  readonly access: LayerDatabase
}

export type NewsKind = 'principal' | 'credential' | 'grant' | 'denial' | 'policy' | 'token'

/** A grant that is over stays known for a day, so that a denial can say why. */
const REMEMBERED_MS = 86_400_000
const OVER: ReadonlySet<GrantState> = new Set(['ending', 'ended', 'unproven'])

/** Everything, in no order that matters; each part as it is when it is read. */
export async function* wholeState({ identity, access }: FeedSource, now: number): AsyncGenerator<Change> {
  yield* policiesInForce(access)
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
  policy: ({ access }) => policiesInForce(access),
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

function grantChange({ id, data }: Current<GrantRecord>): Extract<Change, { kind: 'grant' }> {
  const { kind, principalId, actions, resources, from, until, ended, state } = data
  // what the target has not yet is not in force here either; what is ending is over here at once
  const begun = state !== 'approved' && state !== 'provisioning'
  const end = ended?.at ?? until
  return {
    kind: 'grant',
    grant: {
      id,
      kind,
      principalId,
      actions,
      resources,
      from: begun ? Date.parse(from) : Number.MAX_SAFE_INTEGER,
      until: end === undefined ? null : Date.parse(end),
      // one whose time was over has run out, and was not taken
      ended: OVER.has(state) && !(ended !== undefined && until !== undefined && ended.at >= until),
    },
  }
}

const denialChange = ({ recordedAt, data }: Current<DenialRecord>): Change => ({
  kind: 'denial',
  subjectId: data.subjectId,
  denied: data.liftedAt === undefined,
  version: Date.parse(recordedAt),
})

/** One change, or none where no version is active. */
async function* policiesInForce(access: LayerDatabase): AsyncGenerator<Change> {
  const found = await access.transaction(async (tx) => await activePolicies(tx), { readOnly: true })
  if (found !== undefined) yield { kind: 'policies', ...found }
}

async function activePolicies(
  tx: Tx,
): Promise<{ readonly versionId: string; readonly policies: readonly PolicyJson[] } | undefined> {
  const [row] = await tx.query<{ versionId: string; policies: readonly PolicyJson[] }>(sql`
    select v.id as "versionId", t.policies from access.policy_version v
    join access.policy_text t on encode(t.hash, 'hex') = v.text_hash where v.state = 'active'`)
  return row
}
