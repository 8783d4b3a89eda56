// What a login may have left behind while it was a role that was taken from it: what that role granted to whoever may log in, and code
// of that role that others set off. Nothing tells it from what others did as the role, so it is told, for a person to look at.
import type { TargetCall } from '#connectors/target'
import { actingAs, waysBy } from './acts-as.ts'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { databasesOf } from './dependents.ts'
import { doneAsOthers } from './passed-on.ts'
import type { DoneAs } from './passed-on.ts'
import { TargetError } from './target-error.ts'

/** What was to be taken is taken already, and that is not said to have failed because this takes long. */
const LOOK_MS = 5000

/** One line each. What cannot be looked at is a line, too. */
export async function leftAs(one: Administrator, call: TargetCall, group: string): Promise<string[]> {
  const within = { ...call, signal: AbortSignal.any([call.signal, AbortSignal.timeout(LOOK_MS)]) }
  const { user } = call.settings.administrator
  try {
    const lines = (await doneAsOthers(one, user, 'server', group)).map((done) => granted(done))
    for (const { database, shut } of await databasesOf(one, group)) {
      if (shut) continue
      await asAdministrator(within, { for: 'asking', database }, async (inside) => {
        for (const done of await doneAsOthers(inside, user, 'database', group)) lines.push(granted(done, database))
        for (const { way } of waysBy(await actingAs(inside, group), group, database)) lines.push(way)
      })
    }
    return lines
  } catch (error) {
    if (!(error instanceof TargetError) && !within.signal.aborted) throw error
    return [`what ${group} granted was not read: ${error instanceof TargetError ? error.message : 'it took too long'}`]
  }
}

const granted = ({ as, grantee, rights, first }: DoneAs, database?: string): string =>
  `${grantee} has ${first}${rights === 1 ? '' : ` and ${rights - 1} more rights`} from ${as}${database === undefined ? '' : ` in ${database}`}`
