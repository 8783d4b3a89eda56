// Other ways that lie in one database each: what PUBLIC has too, and what acts as the role though nobody signs in as it.
import type { StepCall, TargetCall } from '#connectors/target'
import { ACTING_MAX, actingAs, waysBy } from './acts-as.ts'
import { asAdministrator, STATEMENT_MS } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { DEFINERS_MAX, definersOf, wayOfDefiner } from './definers.ts'
import { databasesOf } from './dependents.ts'
import { cutAt } from './other-ways.ts'
import type { OtherWay, OtherWays } from './other-ways.ts'
import { doneAsOthers, PASSED_ON_MAX, passedToLogins, wayDoneAs, wayOfGrant } from './passed-on.ts'
import { opened, OPENED_MAX, wayOfOpened } from './public-rights.ts'
import { TargetError } from './target-error.ts'

type Asked = TargetCall & Pick<StepCall, 'subject'> & Partial<Pick<StepCall, 'planId'>>

/** Looked for where the role, or one that it may become, has or owns anything; elsewhere it has nothing to lose, and nothing acts as it. */
export async function waysInDatabases(administrator: Administrator, call: Asked): Promise<OtherWays> {
  const [ways, seen, unknown, cut]: [OtherWay[], string[], string[], string[]] = [[], [], [], []]
  const what = 'what PUBLIC may do, and what acts as the role, in the database'
  for (const { database, open, shut } of await databasesOf(administrator, call.subject.account)) {
    if (shut) continue
    const found = open ? await inDatabase(call, database) : "it takes no connection of Reeve's"
    if (typeof found === 'string') unknown.push(`${what} ${database}: ${found}`)
    else {
      ways.push(...found.ways)
      cut.push(...found.cut)
      seen.push(`rights of PUBLIC and code of the role in ${database} read`)
    }
  }
  return { ways, seen, unknown, cut }
}

/** Why not, where it can't be asked. */
async function inDatabase(call: Asked, database: string): Promise<Pick<OtherWays, 'ways' | 'cut'> | string> {
  const { account } = call.subject
  const session = { for: 'asking', database } as const
  try {
    return await asAdministrator(call, session, async (inside) => {
      const [everybodys, passed] = [await opened(inside, account), await passedToLogins(inside, account, 'database')]
      const [doneAs, acting] = [await doneAsOthers(inside, account, 'database'), await actingAs(inside, account)]
      const definers = await definersOf(inside, account)
      return {
        ways: [
          ...everybodys.map((one) => wayOfOpened(one, database)),
          ...passed.map((grant) => wayOfGrant(grant, account, database)),
          ...doneAs.map((one) => wayDoneAs(one, account, database)),
          ...waysBy(acting, account, database),
          ...definers.map((one) => wayOfDefiner(one, account, database)),
        ],
        cut: [
          ...cutAt(`rights of PUBLIC in ${database}`, everybodys, OPENED_MAX),
          ...cutAt(`rights that it passed on in ${database}`, passed, PASSED_ON_MAX),
          ...cutAt(`grants as roles that it may become in ${database}`, doneAs, PASSED_ON_MAX),
          ...cutAt(`things that act as it in ${database}`, acting, ACTING_MAX),
          ...cutAt(`functions that act as roles that it may become in ${database}`, definers, DEFINERS_MAX),
        ],
      }
    })
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    // so much hangs on it that it was not read to the end: that is not the same as what nobody may read
    if (error.sqlstate === CANCELED)
      return {
        ways: [],
        cut: [`what acts as it in ${database} was not read within ${STATEMENT_MS / 1000} seconds: cut there`],
      }
    return error.message
  }
}

const CANCELED = '57014'
