// The policies in force as they are read for decisions. SECURITY: what decides is what was approved: the version is what its
// entry in the log says, the text is the one that it names, and the compiled form is what that text compiles to.
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Tx } from '#db'
import { versionHash } from '#db/history'
import type { Segment } from '#db/history'
import { readPolicyText } from '../policy-writing/index.ts'
import type { PolicyVersionRecord } from '../policy-version/records.ts'
import { hashOfCompiled } from './change.ts'
import type { Change, PolicyJson } from './change.ts'

/** The hash (hex) that the entry of this version carries. */
export type EntryHash = (id: string, version: number) => Promise<string | undefined>

interface Active {
  readonly versionId: string
  readonly version: number
  readonly hash: string
  readonly data: PolicyVersionRecord
  readonly text: string
  readonly schema: string | null
  readonly policies: readonly PolicyJson[]
  readonly found: string
}

/** What was compiled and compared once is not again: by the hash of all that was compared. */
let lastGood = ''

/** In JSON form, by the hash of its text: which the compiler alone can read. */
const schemas = new Map<string, unknown>()
const SCHEMAS_MAX = 8
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * One change, or none where no version is active. `entryHash`: without it the version is taken at its word. `quick`: that the
 * compiled form is the one that was approved is enough for now, so that a withdrawn policy need not wait for the compiler.
 */
export async function policiesInForce(
  access: LayerDatabase,
  entryHash?: EntryHash,
  { quick = false }: { readonly quick?: boolean } = {},
): Promise<Change[]> {
  const active = await access.transaction(async (tx) => await activePolicies(tx), { readOnly: true })
  if (active === undefined) return []
  const { versionId, policies, schema } = active
  const why = await differs(active, entryHash, quick)
  if (why !== undefined) return [{ kind: 'policies_refused', versionId, why }]
  const told = schema === null ? {} : { schema: schemas.get(hashOf(schema)) ?? null }
  return [{ kind: 'policies', versionId, policies, ...told }]
}

async function activePolicies(tx: Tx): Promise<Active | undefined> {
  const [row] = await tx.query<Omit<Active, 'found'>>(sql`
    select v.id as "versionId", v.version, encode(v.hash, 'hex') as hash, v.data,
           coalesce(t.text, '') as text, t.schema, coalesce(t.policies, '[]') as policies
    from access.policy_version v left join access.policy_text t on encode(t.hash, 'hex') = v.text_hash
    where v.state = 'active'`)
  if (row === undefined) return undefined
  const segments = await tx.query<Segment<unknown> & { readonly recordedAt: string; readonly salt: string | null }>(sql`
    select valid_from as "validFrom", valid_to as "validTo", recorded_at as "recordedAt", encode(salt, 'hex') as salt, data
    from access.version where record_id = ${row.versionId} and version = ${row.version} order by valid_from`)
  const [first] = segments
  const known = first !== undefined && isDeepStrictEqual(segments.at(-1)?.data, row.data)
  const { recordedAt, salt } = first ?? { recordedAt: '', salt: null }
  const found = known ? versionHash(row.versionId, row.version, recordedAt as never, segments, salt ?? undefined) : ''
  return { ...row, found }
}

const OTHER_COMPILED = 'the compiled policies are not what the text says'
/** What was kept is what was approved. Groups of actions were read otherwise by earlier releases. */
const COMPILED_BEFORE =
  'this release reads their text otherwise than the one under which they were approved: propose it again, with a comment in it changed'

/** Why it does not decide. */
async function differs(active: Active, entryHash: EntryHash | undefined, quick: boolean): Promise<string | undefined> {
  const { versionId, version, found, data, text, schema, policies } = active
  const said = entryHash === undefined ? found : await entryHash(versionId, version)
  if (found === '' || found !== said) return 'the version is not what its entry in the log says'
  const textHash = hashOf(JSON.stringify([text, schema]))
  if (textHash !== data.textHash) return 'the text is not the one that was approved'
  const { compiledHash } = data
  if (compiledHash !== undefined && compiledHash !== hashOfCompiled(policies)) return OTHER_COMPILED
  if (quick && compiledHash !== undefined) return undefined
  const compared = hashOf(JSON.stringify([textHash, policies]))
  if (compared === lastGood && (schema === null || schemas.has(hashOf(schema)))) return undefined
  const compiled = await compile(text, schema)
  if (typeof compiled === 'string') return compiled
  if (!isDeepStrictEqual(policies, compiled)) return compiledHash === undefined ? OTHER_COMPILED : COMPILED_BEFORE
  lastGood = compared
  return undefined
}

async function compile(text: string, schema: string | null): Promise<readonly PolicyJson[] | string> {
  try {
    const { written } = await readPolicyText({ policies: text, ...(schema === null ? {} : { schema }) })
    if (written === undefined) return 'the text cannot be read any more'
    if (schema !== null) keepSchema(schema, written.schema)
    const compiled = written.policies.map(({ id, json }) => ({ id, json }))
    // as JSON keeps it
    return JSON.parse(JSON.stringify(compiled)) as PolicyJson[]
  } catch (error) {
    return `the text cannot be compiled: ${messageOf(error)}`
  }
}

/** Read by the compiler here; whoever read it before it comes in force spares decisions the wait. */
export function keepSchema(text: string, json: unknown): void {
  schemas.set(hashOf(text), json)
  for (const oldest of schemas.keys()) {
    if (schemas.size <= SCHEMAS_MAX) return
    schemas.delete(oldest)
  }
}
