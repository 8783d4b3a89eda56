// The step that looks whether the same access can be had in another way. It only asks.
import type { StepCall, StepVerdict, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import { few, otherWaysTo } from './other-ways.ts'
import type { OtherWays } from './other-ways.ts'

/** What installs the reviewed functions. */
export const INSTALL = '`reeve target prepare` prints what installs it: run that with psql, as a superuser'

/** `held`: it stays, and so does who is a member of it. `dropped`: its memberships go with it. */
export const lookForOtherWays = (soon: 'held' | 'dropped'): TargetStep => ({
  name: 'look_for_other_ways',
  title: 'is there another way to the same access',
  asksOnly: true,
  look: async (call) => ({
    already: false,
    statements: [],
    touches: [`memberships, verifiers, pg_hba.conf, rights of PUBLIC and code around ${call.subject.account} are read`],
    before: null,
  }),
  act: async () => undefined,
  verify: async (call) => {
    const found = await waysOf(call)
    return judged(soon === 'held' ? found : { ...found, ways: found.ways.filter(({ by }) => by !== 'membership') })
  },
})

async function waysOf(call: StepCall): Promise<OtherWays> {
  return await asAdministrator(call, { for: 'asking' }, (one) => otherWaysTo(one, call))
}

function judged({ ways, seen, unknown, cut }: OtherWays): StepVerdict {
  const facts = { otherWays: ways.map(({ way }) => way), seen: [...seen], unknown: [...unknown] }
  const open = [...facts.otherWays, ...unknown]
  // without what is open nobody can accept it: what was not read was shown to nobody
  if (cut.length > 0)
    return {
      effect: 'unproven',
      reason: `not all of it was read: ${few([...cut, ...facts.otherWays, ...unknown])}`,
      next: `take away what is not meant to be there, then run the plan again: ${few(ways.map(({ next }) => next))}`,
    }
  if (ways.length > 0)
    return {
      effect: 'unproven',
      reason: `the same access can be had otherwise: ${few(facts.otherWays)}`,
      next: few(ways.map(({ next }) => next)),
      facts,
      open,
    }
  if (unknown.length > 0)
    return { effect: 'unproven', reason: `not all of it could be seen: ${few(unknown)}`, next: INSTALL, facts, open }
  return { effect: 'verified', answer: `no other way was seen: ${seen.join('; ')}`, facts }
}
