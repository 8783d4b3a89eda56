// The server is killed where each of several plans is at a statement of its own: before the target has it, or when it was done
// there and nobody has heard of it.
import { until } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'
import type { Case } from './plan-cases.ts'
import type { Passing } from './statement-proxy.ts'

export interface CrashPoint {
  /** Of the plan's statements and logins at the target, from 0. */
  readonly at: number
  readonly when: 'before' | 'after'
}

export interface Aimed extends CrashPoint {
  readonly case: Case
}

interface Held {
  seen: number
  text: string | undefined
}

const never = new Promise<never>(() => undefined)

/** The ids of their plans. From here on the server is dead; answers what each was at when it died. */
export const killedAt = async (world: PlanWorld, aimed: readonly Aimed[]): ReturnType<typeof happensAt> =>
  await happensAt(world, aimed, async () => await world.held.server.kill())

/** What `happens` while each is held at its statement; it stays there, or goes on when it is `letGo`. */
export async function happensAt(
  world: PlanWorld,
  aimed: readonly Aimed[],
  happens: () => Promise<void>,
  letGo: Promise<unknown> = never,
): Promise<readonly { readonly id: string; readonly text: string | undefined }[]> {
  const held = aimed.map((): Held => ({ seen: 0, text: undefined }))
  const numbers = new Map<Passing, number>()
  const begun = Promise.withResolvers<readonly string[]>()
  world.proxy.hook = async (when, passing) => {
    // which plan it is of is known once all are made
    const ids = passing.application === '' ? [] : await begun.promise
    const index = aimed.findIndex((one, at) => one.case.isOf(passing, ids[at] ?? ''))
    const [point, mine] = [aimed[index], held[index]]
    if (point === undefined || mine === undefined) return undefined
    // others of the same plan may have come by before this one is answered
    if (when === 'before') numbers.set(passing, mine.seen++)
    const count = numbers.get(passing)
    if (mine.text !== undefined) return await letGo
    if (count !== point.at || when !== point.when) return undefined
    mine.text = passing.text
    return await letGo
  }
  const ids = await Promise.all(aimed.map(async (one) => await one.case.begin()))
  begun.resolve(ids)
  for (const [index, one] of aimed.entries())
    await until(
      async () => held[index]?.text !== undefined || (await one.case.isOver(ids[index] ?? '')),
      `${ids[index]} comes to its statement ${one.at}`,
    )
  await happens()
  world.proxy.hook = () => undefined
  return ids.map((id, index) => ({ id, text: held[index]?.text }))
}
