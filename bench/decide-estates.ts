// What is decided over in `bench/decide.ts`: estates of policies, entities and requests, the same for every peer.
import type { PolicyLink, PolicyRequest } from '#access/policy'

interface Uid {
  readonly type: string
  readonly id: string
}

interface EntityRecord {
  readonly uid: Uid
  readonly attrs: Record<string, unknown>
  readonly parents: readonly Uid[]
}

export type Request = Required<PolicyRequest>

export interface Estate {
  readonly policies: Record<string, string>
  readonly entities: readonly EntityRecord[]
  readonly requests: readonly Request[]
  /** The entities that one request needs, for a peer that takes them with each call. */
  readonly needed: (request: Request) => readonly EntityRecord[]
}

/** As it comes off the wire: text that was put together here is a chain of pieces to V8, and slow to compare. */
const received = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

/** Reproducible, and good enough to spread. */
export function spread(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % below
  }
}

const READ = { type: 'Action', id: 'read' }
const WRITE = { type: 'Action', id: 'write' }

/** Forbids that look at every request. */
const GUARDRAILS: Record<string, string> = {
  'guard-quarantine':
    'forbid(principal, action, resource) when { principal has quarantined && principal.quarantined };',
  'guard-environment':
    'forbid(principal, action, resource) when { resource has env && principal has env && principal.env != resource.env };',
  'guard-write': 'forbid(principal, action == Action::"write", resource) unless { context.mfa };',
  'guard-risk': 'forbid(principal, action, resource) when { context.risk > 80 };',
  'guard-network':
    'forbid(principal, action, resource) unless { ip("10.0.0.0/8").isIpv4() && context.channel like "mtls*" };',
}

const context = (mfa: boolean, risk: number): Record<string, unknown> => ({ mfa, risk, channel: 'mtls-edge' })

/** `count` policies, each for one principal and one folder, behind the guardrails. */
export function guarded(count: number): Estate {
  const pick = spread(count)
  const policies: Record<string, string> = { ...GUARDRAILS }
  for (let index = 0; index < count; index++) {
    policies[`p${index}`] =
      `permit(principal == Workload::"w${index}", action in [Action::"read", Action::"write"], resource in Folder::"f${index}") when { context.risk < ${20 + (index % 60)} && resource.env == principal.env };`
  }
  const byId = new Map<string, EntityRecord[]>()
  for (let index = 0; index < count; index++) {
    byId.set(`${index}`, [
      {
        uid: { type: 'Workload', id: `w${index}` },
        attrs: { env: 'prod', quarantined: index % 50 === 7 },
        parents: [],
      },
      {
        uid: { type: 'Doc', id: `d${index}` },
        attrs: { env: index % 9 === 4 ? 'test' : 'prod' },
        parents: [{ type: 'Folder', id: `f${index}` }],
      },
      { uid: { type: 'Folder', id: `f${index}` }, attrs: {}, parents: [] },
    ])
  }
  const requests = Array.from({ length: 200 }, (): Request => {
    const index = pick(count)
    return received({
      principal: { type: 'Workload', id: `w${index}` },
      action: pick(3) === 0 ? WRITE : READ,
      resource: { type: 'Doc', id: `d${pick(5) === 0 ? pick(count) : index}` },
      context: context(pick(4) > 0, pick(100)),
    })
  })
  const of = (uid: Uid): EntityRecord[] => byId.get(uid.id.slice(1)) ?? []
  return {
    policies,
    entities: [...byId.values()].flat(),
    requests,
    needed: ({ principal, resource }) =>
      principal.id.slice(1) === resource.id.slice(1) ? of(principal) : [...of(principal), ...of(resource)],
  }
}

export const GRANT_TEMPLATES: Record<string, string> = {
  'grant-read': 'permit(principal == ?principal, action in [Action::"read"], resource in ?resource);',
  'grant-write':
    'permit(principal == ?principal, action in [Action::"read", Action::"write"], resource in ?resource) when { context.mfa };',
  'grant-calm':
    'permit(principal == ?principal, action in [Action::"read"], resource in ?resource) when { context.risk < 50 };',
}

export interface Grants {
  readonly policies: Record<string, string>
  readonly links: () => Iterable<PolicyLink>
  readonly entities: () => Iterable<EntityRecord>
  /** A request that one grant answers, or none. */
  readonly request: (pick: (below: number) => number) => Request
}

/** Ten grants a principal, two a resource; resources are in folders. */
export function grants(count: number): Grants {
  const principals = Math.max(10, Math.floor(count / 10))
  const resources = Math.max(10, Math.floor(count / 2))
  const kinds = Object.keys(GRANT_TEMPLATES)
  const resourceOf = (grant: number): number => ((Math.imul(grant, 0x9e3779b1) >>> 7) ^ grant) % resources
  return {
    policies: GUARDRAILS,
    *links() {
      for (let grant = 0; grant < count; grant++) {
        yield received({
          id: `grant_${grant}`,
          template: kinds[grant % kinds.length] ?? '',
          principal: { type: 'Workload', id: `workload-${grant % principals}` },
          resource: { type: 'Doc', id: `document-${resourceOf(grant)}` },
        })
      }
    },
    *entities() {
      for (let index = 0; index < principals; index++) {
        yield received({ uid: { type: 'Workload', id: `workload-${index}` }, attrs: { env: 'prod' }, parents: [] })
      }
      for (let index = 0; index < resources; index++) {
        const parents = [{ type: 'Folder', id: `folder-${index % 1000}` }]
        yield received({ uid: { type: 'Doc', id: `document-${index}` }, attrs: { env: 'prod' }, parents })
      }
    },
    request: (pick) => {
      const grant = pick(count)
      const other = pick(5) === 0 ? pick(count) : grant
      return received({
        principal: { type: 'Workload', id: `workload-${grant % principals}` },
        action: pick(3) === 0 ? WRITE : READ,
        resource: { type: 'Doc', id: `document-${resourceOf(other)}` },
        context: context(pick(3) > 0, pick(90)),
      })
    },
  }
}

export interface Rbac {
  readonly roles: readonly { readonly name: string; readonly resource: string; readonly actions: readonly string[] }[]
  readonly users: readonly { readonly name: string; readonly roles: readonly string[] }[]
  readonly requests: readonly { readonly user: string; readonly action: string; readonly resource: string }[]
}

export function rbac(roleCount: number, userCount: number): Rbac {
  const pick = spread(roleCount)
  const roles = Array.from({ length: roleCount }, (_, index) => ({
    name: `role${index}`,
    resource: `doc${index % 500}`,
    actions: index % 3 === 0 ? ['read', 'write'] : ['read'],
  }))
  const users = Array.from({ length: userCount }, (_, index) => ({
    name: `user${index}`,
    roles: [...new Set(Array.from({ length: 3 }, () => `role${pick(roleCount)}`))],
  }))
  const requests = Array.from({ length: 200 }, () => {
    const user = users[pick(userCount)]
    const role = roles.find(({ name }) => name === user?.roles[0])
    return {
      user: user?.name ?? '',
      action: pick(2) === 0 ? 'write' : 'read',
      resource: pick(3) === 0 ? `doc${pick(500)}` : (role?.resource ?? ''),
    }
  })
  return { roles, users, requests }
}

export interface Abac {
  /** One rule an action: the same department, a level that suffices, and not archived. */
  readonly rules: readonly { readonly action: string; readonly level: number }[]
  readonly requests: readonly {
    readonly subject: { readonly id: string; readonly department: string; readonly level: number }
    readonly action: string
    readonly object: { readonly id: string; readonly department: string; readonly archived: boolean }
  }[]
}

export function abac(ruleCount: number): Abac {
  const pick = spread(ruleCount)
  const rules = Array.from({ length: ruleCount }, (_, index) => ({ action: `act${index}`, level: index % 10 }))
  const requests = Array.from({ length: 200 }, (_, index) => ({
    subject: { id: `s${index}`, department: `dep${pick(3)}`, level: pick(12) },
    action: `act${pick(ruleCount)}`,
    object: { id: `o${index}`, department: `dep${pick(3)}`, archived: pick(5) === 0 },
  }))
  return { rules, requests }
}
