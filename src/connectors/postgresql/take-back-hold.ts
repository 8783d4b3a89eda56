// A hold is taken back by the plan that took it, and by no other: what somebody else holds, or changed since, is left and said.
import type { StepCall, StepVerdict } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { heldMark, holderIn, isHeld, loginsIn, mark, marking, markText, unmarking } from './held-mark.ts'
import type { HeldMark, Logins } from './held-mark.ts'
import { giveLogins, giving, inWords, seenGiven } from './logins-back.ts'
import type { Role } from './role.ts'
import { standingOf } from './standing.ts'

export async function takeBackHold(call: StepCall): Promise<StepVerdict> {
  const given = await asAdministrator(call, { for: 'acting' }, async (administrator) => {
    const standing = await standingOf(administrator, call)
    if ('lost' in standing) return standing.lost
    const kept = await heldMark(administrator, standing.role.oid)
    const own = ownHold(call, standing.role, kept)
    if ('effect' in own) {
      await leave(administrator, call, kept)
      return own
    }
    await giveLogins(administrator, call, own, kept === undefined ? undefined : unmarking(call))
    return own
  })
  return 'effect' in given ? given : await seenGiven(call, given)
}

/** What this plan took, or why nothing is given back. */
function ownHold(call: StepCall, role: Role, kept: HeldMark | undefined): Logins | Unproven {
  const { account } = call.subject
  const found = loginsIn(call.before)
  const taken = found === undefined || isHeld(found) ? undefined : found
  if (kept !== undefined && kept.plan !== call.planId)
    return unproven(
      taken === undefined
        ? `${account} was held by ${holderIn(kept)} already when this plan began: nothing was taken, and nothing is given back`
        : `${account} is held by ${holderIn(kept)} as well`,
      restoring(account),
    )
  if (kept !== undefined && kept.also.length > 0)
    return unproven(
      `${account} is held by ${kept.also.map((plan) => `plan ${plan}`).join(', ')} as well`,
      restoring(account),
    )
  const logins = taken ?? kept?.logins
  if (logins === undefined)
    return unproven(
      `${account} might not log in already when this plan began, and not by a plan: nothing was taken, and nothing is given back`,
      `ask who closed it; by hand: ${giving(call, { login: true, connectionLimit: -1 })}`,
    )
  if (isHeld(role))
    return kept === undefined
      ? unproven(
          `the mark of this plan at ${account} is gone: somebody else may have closed it for good since`,
          `where it is to sign in, run it by hand: ${giving(call, logins)}`,
        )
      : logins
  if (inWords(role) === inWords(logins)) return logins
  return unproven(
    `${account} was changed since by somebody else, and is left as it is`,
    `compare it with what it was (\`reeve plan show ${call.planId}\`), and change it by hand`,
  )
}

/** Who joined in the hold of another plan joins no more. */
async function leave(administrator: Administrator, call: StepCall, kept: HeldMark | undefined): Promise<void> {
  if (kept?.plan === undefined || kept.logins === undefined || !kept.also.includes(call.planId)) return
  const also = kept.also.filter((plan) => plan !== call.planId)
  await mark(administrator, marking(call, markText(kept.plan, kept.logins, also)))
}

type Unproven = Extract<StepVerdict, { effect: 'unproven' }>

const unproven = (reason: string, next: string): Unproven => ({ effect: 'unproven', reason, next })

const restoring = (account: string): string =>
  `\`reeve plan make restore --account ${account}\` gives back what was taken, whichever plan took it`
