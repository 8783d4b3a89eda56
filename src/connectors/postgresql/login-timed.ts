// Who has a grant gets in: a password for its role, made for the one who asks and good for a minute.
import { randomBytes } from 'node:crypto'
import { scramVerifier } from '#kernel'
import type { TargetCall, TimedLogin, TimedRight } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import { identifier, literal } from './sql-text.ts'
import { isInRecovery } from './standbys.ts'
import { nextFor, spelled, TargetError } from './target-error.ts'
import { commentsOf, rightsAt, timedRoleName } from './timed-role.ts'

const GOOD_SECONDS = 60

/**
 * INVARIANT: the target itself refuses the password after its minute, by its own clock, whatever becomes of Reeve: VALID UNTIL
 * is of the password alone, and sessions that it has opened stay.
 */
export async function loginTimed(call: TargetCall, right: TimedRight): Promise<TimedLogin | 'lost'> {
  const user = timedRoleName(right)
  const left = (Date.parse(right.until ?? '') - Date.parse(call.clock())) / 1000
  const secondsGood = Math.floor(Math.min(GOOD_SECONDS, left))
  if (!(secondsGood >= 1)) throw new TargetError('its time is over')
  const password = randomBytes(32).toString('base64url')
  const made = await asAdministrator(call, { for: 'acting' }, async (one) => {
    // a server that has taken over may not have it, or have more of it than it was narrowed to
    const found = (await commentsOf(one, [user])).get(user)
    if (found === undefined || (found?.fence ?? 0) < right.fence) {
      if (await isInRecovery(one)) throw new TargetError(`${spelled(call.settings.address)}: ${nextFor('25006')}`)
      return false
    }
    const [at] = await one.rows<{ end: string }>('select (now() + make_interval(secs => $1))::text as end', [
      secondsGood,
    ])
    const end = literal(at?.end ?? '')
    await one.rows(`ALTER ROLE ${identifier(user)} PASSWORD ${literal(scramVerifier(password))} VALID UNTIL ${end}`)
    return true
  })
  if (!made) return 'lost'
  const table = rightsAt(call.settings, right)?.find(({ kind }) => kind === 'table')
  const database = table?.kind === 'table' ? table.database : call.settings.database
  return { user, password, database, secondsGood }
}
