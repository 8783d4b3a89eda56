// The role that a plan is about, by its oid from the first look on: a name can be taken away, and given to another role.
import type { StepCall, StepVerdict, TargetCall } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { isObject } from './held-mark.ts'
import { rolesCalled } from './role.ts'
import type { Role } from './role.ts'

type Call = Pick<StepCall, 'subject' | 'found'> & Partial<Pick<StepCall, 'before'>>
type Unproven = Extract<StepVerdict, { effect: 'unproven' }>

/**
 * `lost`: it is not there by that name any more. Nothing is done then, neither to it nor to who has its name. `gone`: there is
 * none with its oid, nor one with its name.
 */
export type Standing = { readonly role: Role } | { readonly lost: Unproven; readonly gone: boolean }

/** As the first step that looked at it found it; `undefined` where none did. */
export function oidIn({ found = {}, before = null }: Call): string | undefined {
  for (const one of [...Object.values(found), before]) {
    const oid = isObject(one) ? one['oid'] : undefined
    if (typeof oid === 'string') return oid
  }
  return undefined
}

export async function standingOf(administrator: Administrator, call: Call): Promise<Standing> {
  const { account } = call.subject
  const oid = oidIn(call)
  const roles = await rolesCalled(administrator, account, oid)
  const named = roles.find(({ name }) => name === account)
  const known = oid === undefined ? named : roles.find((role) => role.oid === oid)
  if (known !== undefined)
    return known.name === account ? { role: known } : { lost: renamed(account, known.name), gone: false }
  return named === undefined
    ? { lost: dropped(account, oid), gone: true }
    : { lost: madeAnew(account, named.oid, oid), gone: false }
}

/** Where what is found by its name would be of another role, or of none while it lives on under another name. */
export async function elsewhere(call: Call & TargetCall): Promise<Unproven | undefined> {
  const standing = await asAdministrator(call, { for: 'asking' }, (administrator) => standingOf(administrator, call))
  return 'lost' in standing && !standing.gone ? standing.lost : undefined
}

const dropped = (account: string, oid: string | undefined): Unproven => ({
  effect: 'unproven',
  reason: `there is no role ${account} any more${oid === undefined ? '' : `, nor another with its oid ${oid}`}: it was dropped`,
  next: 'see which roles there are (pg_roles), and whether one took its place',
})

const madeAnew = (account: string, now: string, oid: string | undefined): Unproven => ({
  effect: 'unproven',
  reason: `the role that is called ${account} now is another one than at first (oid ${now}, not ${oid ?? 'known'}), and is left as it is`,
  next: 'where the new one is meant, make a plan for it',
})

const renamed = (account: string, now: string): Unproven => ({
  effect: 'unproven',
  reason: `${account} was renamed to \`${now}\`, and is left as it is`,
  // the name is whatever somebody chose: no command with it is offered to be copied
  next: 'make a plan to contain it by its present name (`reeve plan make contain`)',
})
