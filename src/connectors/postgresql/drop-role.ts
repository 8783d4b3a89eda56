// The role itself is dropped, its memberships with it. Only where nothing hangs on it any more: else it stays, held.
import type { Looked, StepCall, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { dependentsOf, described } from './dependents.ts'
import { REASSIGN_OWNED } from './reassign-owned.ts'
import { roleOf } from './role.ts'
import { standingOf } from './standing.ts'
import { identifier } from './sql-text.ts'
import { sqlstateOf } from './target-error.ts'

const DEPENDENTS_EXIST = '2BP01'

export const dropRole: TargetStep = {
  name: 'drop_role',
  title: 'the role is gone',
  look: async (call) => await asAdministrator(call, { for: 'asking' }, (one) => look(one, call)),
  act: async (call) => {
    if (call.earlier[REASSIGN_OWNED]?.effect !== 'verified') return
    await asAdministrator(call, { for: 'acting' }, async (administrator) => {
      if ('lost' in (await standingOf(administrator, call))) return
      await administrator.rows(statement(call)).catch((error: unknown) => {
        if (sqlstateOf(error) !== DEPENDENTS_EXIST) throw error
      })
    })
  },
  verify: async (call) => {
    const { account } = call.subject
    const found = await asAdministrator(call, { for: 'asking' }, async (administrator) => {
      const standing = await standingOf(administrator, call)
      return 'lost' in standing ? standing : await dependentsOf(administrator, account)
    })
    if ('lost' in found)
      return found.gone ? { effect: 'verified', answer: `pg_roles has no ${account} any more` } : found.lost
    const words: string[] = []
    for (const one of found) words.push(await described(call, one))
    const why = words.length === 0 ? 'it was not dropped' : `something hangs on it: ${words.join('; ')}`
    return {
      effect: 'unproven',
      reason: `${account} is held and not gone: ${why}`,
      next: 'take away what hangs on it (see the step before), then run the plan again',
      untouched: true,
    }
  },
}

const statement = ({ subject }: Pick<StepCall, 'subject'>): string => `DROP ROLE ${identifier(subject.account)}`

async function look(administrator: Administrator, call: Omit<StepCall, 'before'>): Promise<Looked> {
  const { account } = call.subject
  if ((await roleOf(administrator, account)) === undefined)
    return { already: true, statements: [], touches: [`${account}, which is gone already`], before: null }
  const memberships = await administrator.rows<{ words: string }>(
    `select case when m.member = r.oid then 'its membership in ' || g.rolname else 'the membership of ' || u.rolname || ' in it' end
       as words
     from pg_auth_members m join pg_roles r on r.oid in (m.member, m.roleid)
     join pg_roles g on g.oid = m.roleid join pg_roles u on u.oid = m.member
     where r.rolname = $1 order by 1 limit 100`,
    [account],
  )
  const words = memberships.map((one) => one.words)
  return {
    already: false,
    statements: [statement(call)],
    touches: [account, ...words],
    before: { memberships: words },
  }
}
