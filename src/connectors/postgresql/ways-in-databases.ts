// Other ways that lie in one database each: what PUBLIC has too, and what acts as the role though nobody signs in as it.
import type { StepCall, TargetCall } from '#connectors/target'
import { actingAs, waysBy } from './acts-as.ts'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { dependentsOf } from './dependents.ts'
import type { OtherWay, OtherWays } from './other-ways.ts'
import { passedToLogins, wayOfGrant } from './passed-on.ts'
import { opened, wayOfOpened } from './public-rights.ts'
import { TargetError } from './target-error.ts'

type Asked = TargetCall & Pick<StepCall, 'subject'> & Partial<Pick<StepCall, 'planId'>>

/** Looked for where the role has or owns anything; elsewhere it has nothing to lose, and nothing acts as it. */
export async function waysInDatabases(administrator: Administrator, call: Asked): Promise<OtherWays> {
  const [ways, seen, unknown]: [OtherWay[], string[], string[]] = [[], [], []]
  const what = 'what PUBLIC may do, and what acts as the role, in the database'
  for (const { database, open, shut } of await dependentsOf(administrator, call.subject.account)) {
    if (shut) continue
    const found = open ? await inDatabase(call, database) : "it takes no connection of Reeve's"
    if (typeof found === 'string') unknown.push(`${what} ${database}: ${found}`)
    else {
      ways.push(...found)
      seen.push(`rights of PUBLIC and code of the role in ${database} read`)
    }
  }
  return { ways, seen, unknown }
}

/** Why not, where it can't be asked. */
async function inDatabase(call: Asked, database: string): Promise<OtherWay[] | string> {
  const { account } = call.subject
  const session = { for: 'asking', database, ...(call.planId !== undefined && { planId: call.planId }) } as const
  try {
    return await asAdministrator(call, session, async (inside) => [
      ...(await opened(inside, account)).map((one) => wayOfOpened(one, database)),
      ...(await passedToLogins(inside, account, 'database')).map((grant) => wayOfGrant(grant, account, database)),
      ...waysBy(await actingAs(inside, account), account, database),
    ])
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return error.message
  }
}
