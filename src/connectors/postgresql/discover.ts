// Who is at a target and what each may do: roles, their memberships and passwords, and their rights in every database. Facts
// alone; nothing is changed, and what could not be seen is a problem or a blind spot, never an absence.
import type { Observation } from '#kernel'
import type { TargetCall } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { CONNECTOR, namesIn } from './fact-names.ts'
import type { Names } from './fact-names.ts'
import { databasesOf, rightsIn } from './object-rights.ts'
import { roleFacts, rolesOf } from './role-facts.ts'
import { verifiersIn } from './reviewed-functions.ts'

const FACTS_MAX = 500_000

/** Throws TargetError where the target cannot be asked at all. */
export async function* discover(call: TargetCall): AsyncGenerator<Observation> {
  const names = namesIn(call.settings.name)
  let facts = 0
  for await (const one of everything(call, names)) {
    if (one.type !== 'problem' && one.type !== 'blind_spot' && ++facts > FACTS_MAX) {
      const message = `there are more than ${FACTS_MAX} facts, and what comes after them was not read`
      yield { type: 'problem', connector: CONNECTOR, file: names.file, message }
      return
    }
    yield one
  }
}

async function* everything(call: TargetCall, names: Names): AsyncGenerator<Observation> {
  const { roles, databases, verifiers } = await asAdministrator(call, { for: 'asking' }, async (one) => ({
    roles: await rolesOf(one),
    databases: await databasesOf(one),
    verifiers: await verifiersIn(one),
  }))
  yield* blindSpots(names, verifiers !== undefined)
  yield* roleFacts(names, roles, verifiers)
  for (const database of databases) yield* inDatabase(call, names, database)
}

/** One that cannot be entered costs its own facts, and makes the read partial. */
async function* inDatabase(call: TargetCall, names: Names, database: string): AsyncGenerator<Observation> {
  let found: readonly Observation[]
  try {
    found = await asAdministrator(call, { for: 'asking', database }, async (one: Administrator) =>
      rightsIn(one, names, database),
    )
  } catch (error) {
    call.signal.throwIfAborted()
    const why = error instanceof Error ? error.message : 'it did not answer'
    found = [{ type: 'problem', connector: CONNECTOR, file: `${names.file}/${database}`, message: why }]
  }
  yield* found
}

function* blindSpots(names: Names, sawVerifiers: boolean): Generator<Observation> {
  const spot = (message: string): Observation => ({
    type: 'blind_spot',
    connector: CONNECTOR,
    file: names.file,
    message,
  })
  if (!sawVerifiers)
    yield spot('which roles have a password: `reeve target prepare` installs the function that says it')
  yield spot('row level security policies narrow what a right gives; they are not evaluated')
  yield spot('functions that a superuser runs and somebody else owns, by triggers and operators, are not searched for')
}
