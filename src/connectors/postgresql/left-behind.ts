// What a role leaves behind in its databases, looked at before any of it is handed over: what would act as the successor, and
// what others have from the role.
import type { Looked, StepCall } from '#connectors/target'
import { actingAs, mended, OF_EVENTS, spelledOut } from './acts-as.ts'
import { asAdministrator } from './administrator.ts'
import type { Dependents } from './dependents.ts'
import { few } from './other-ways.ts'
import { inWords, passedOnBy } from './passed-on.ts'

export interface LeftBehind {
  /** Who keeps or loses what, in words. */
  readonly touches: readonly string[]
  readonly blocked?: NonNullable<Looked['blocked']>
}

/** A database that can't be entered is not handed over in either. */
export async function leftBehind(
  call: Omit<StepCall, 'before'>,
  dependents: readonly Dependents[],
): Promise<LeftBehind> {
  const { account } = call.subject
  const found: { readonly words: string; readonly next: string; readonly raises: boolean }[] = []
  const touches = new Set<string>()
  for (const { database } of dependents.filter(({ open }) => open)) {
    const session = { for: 'asking', database } as const
    await asAdministrator(call, session, async (inside) => {
      for (const one of await passedOnBy(inside, account)) touches.add(inWords(one, account, database))
      for (const one of await actingAs(inside, account))
        if (one.beyond)
          found.push({ words: spelledOut(one, database), next: mended(one, database), raises: one.kind === OF_EVENTS })
    })
  }
  if (found.length === 0) return { touches: [...touches] }
  const { successor = 'the successor' } = call.settings
  const wordsOf = (raises: boolean): string => few(found.filter((one) => one.raises === raises).map((one) => one.words))
  const [asSuperuser, asSuccessor] = [wordsOf(true), wordsOf(false)]
  const reason = [
    ...(asSuperuser === '' ? [] : [`the hand-over would execute as a superuser: ${asSuperuser}`]),
    ...(asSuccessor === '' ? [] : [`others set off what would act as ${successor} then: ${asSuccessor}`]),
  ].join('; ')
  return { touches: [...touches], blocked: { reason, next: `as a superuser, ${few(found.map(({ next }) => next))}` } }
}
