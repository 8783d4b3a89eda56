// What a role leaves behind in its databases, looked at before any of it is handed over: what would act as the successor.
import type { Looked, StepCall } from '#connectors/target'
import { actingAs, mended, spelledOut } from './acts-as.ts'
import { asAdministrator } from './administrator.ts'
import type { Dependents } from './dependents.ts'
import { few } from './other-ways.ts'

type Asked = Omit<StepCall, 'before'>

/** Where it hinders the hand-over. A database that can't be entered is not handed over in either. */
export async function leftBehind(call: Asked, dependents: readonly Dependents[]): Promise<Looked['blocked']> {
  const { account } = call.subject
  const found: { readonly words: string; readonly next: string }[] = []
  for (const { database } of dependents.filter(({ open, owned }) => open && owned > 0)) {
    const session = { for: 'asking', planId: call.planId, database } as const
    const acting = await asAdministrator(call, session, (inside) => actingAs(inside, account))
    for (const one of acting.filter(({ beyond }) => beyond))
      found.push({ words: spelledOut(one, database), next: mended(one, database) })
  }
  if (found.length === 0) return undefined
  return {
    reason: `others set off what would act as ${call.settings.successor ?? 'the successor'} then: ${few(found.map(({ words }) => words))}`,
    next: `as a superuser, ${few(found.map(({ next }) => next))}`,
  }
}
