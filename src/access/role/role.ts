// The roles of Reeve itself, and which may not meet in one subject.
import { Fault } from '#kernel'
import type { Id, Instant } from '#kernel'

/** One entry per role: what it is for, and who may hold it. */
export const ROLES = {
  'identity-admin': { title: 'changes the roll', persons: false },
  'access-admin': { title: 'hands out tokens and roles, and configures connections', persons: false },
  approver: { title: 'decides requests', persons: true },
  reviewer: { title: 'reviews what is theirs to review', persons: true },
  auditor: { title: 'reads everything and changes nothing', persons: false },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly persons: boolean }>>

export type Role = keyof typeof ROLES
export const ROLE_NAMES = Object.keys(ROLES) as [Role, ...Role[]]
export const ADMINISTRATIONS: readonly Role[] = ['identity-admin', 'access-admin']

export interface RoleAssignment {
  readonly id: Id<'role'>
  readonly subjectId: string
  readonly role: Role
  readonly bothAllowed: boolean
  readonly assignedAt: Instant
  readonly assignedBy: string
  readonly endedAt: Instant | null
  readonly endedBy: string | null
  readonly reason: string
}

/** Who gives a role. Neither administration makes the other, so no single one of them can hold both by itself. */
export function assertMayGive(role: Role, held: ReadonlySet<Role> | 'bootstrap'): void {
  if (held === 'bootstrap') return
  const needed: Role = role === 'identity-admin' ? 'identity-admin' : 'access-admin'
  if (!held.has(needed)) throw new Fault('forbidden', `the role \`${role}\` is given and ended by ${needed}s only`)
}

/** The roles that count. Where both administrations are held and may not be, the one held longer counts. */
export function effectiveRoles(held: readonly RoleAssignment[], bothAdministrations: boolean): Set<Role> {
  const roles = new Set(held.map(({ role }) => role))
  if (bothAdministrations || !ADMINISTRATIONS.every((role) => roles.has(role))) return roles
  const [first] = held
    .filter(({ role }) => ADMINISTRATIONS.includes(role))
    .sort((a, b) => (a.assignedAt < b.assignedAt ? -1 : a.assignedAt > b.assignedAt ? 1 : a.id < b.id ? -1 : 1))
  for (const role of ADMINISTRATIONS) if (role !== first?.role) roles.delete(role)
  return roles
}
