// Kubernetes' authorization webhook: a SubjectAccessReview (authorization.k8s.io/v1) as a question, and its answer. A denial
// ends the API server's chain of authorizers; without an opinion the next one decides.
import { Fault, kubernetesAction, kubernetesKind, kubernetesResource } from '#kernel'
import { evaluate, isObject, refuse } from '../authzen/index.ts'
import type { DecisionPoint, JsonObject } from '../authzen/index.ts'
import { markOf, metBehind } from './enforce.ts'
import { readPath } from './read-path.ts'
import type { RouteTable } from './route-table.ts'

export interface AccessReview {
  readonly apiVersion: string
  readonly kind: string
  readonly status: { readonly allowed: boolean; readonly denied?: boolean; readonly reason: string }
}

const VERSION = 'authorization.k8s.io/v1'
const KIND = 'SubjectAccessReview'
/** Reeve knows too little to say no: RBAC goes on deciding for what is not in the roll yet. */
const SILENT = new Set(['unknown_principal', 'ambiguous_principal', 'not_registered', 'nothing_permits'])

/** Throws Fault('invalid') that names the field. */
export async function reviewAccess(table: RouteTable, point: DecisionPoint, body: JsonObject): Promise<AccessReview> {
  const { kubernetes } = table
  if (kubernetes === undefined) throw new Fault('invalid', 'the route file has no `kubernetes`')
  if (body['apiVersion'] !== VERSION || body['kind'] !== KIND) refuse('apiVersion', `it is ${VERSION}, ${KIND}`)
  const { spec } = body
  if (!isObject(spec)) return refuse('spec', 'an object is needed')
  const question = questionOf(kubernetes.cluster, spec, markOf(table))
  if (question === undefined) return answered(statusOf(false, table.mode === 'observe', 'reeve: ambiguous_name'))
  const { decision, context } = await evaluate(point, question)
  // the API server's own `failurePolicy` says what follows, not we for a whole cluster
  if (context.reason === 'stale') throw new Fault('database_unavailable', 'what is known here is older than it may be')
  if (decision && metBehind(table, context['obligations']) === undefined)
    return answered(statusOf(false, table.mode === 'observe', 'reeve: obligation_unknown'))
  const silent = table.mode === 'observe' || (kubernetes.ungranted === 'no_opinion' && SILENT.has(context.reason))
  return answered(statusOf(decision && table.mode === 'enforce', silent, `reeve: ${context.reason}`))
}

const answered = (status: AccessReview['status']): AccessReview => ({ apiVersion: VERSION, kind: KIND, status })

function statusOf(allowed: boolean, silent: boolean, reason: string): AccessReview['status'] {
  if (allowed) return { allowed, reason }
  return silent ? { allowed, reason } : { allowed, denied: true, reason }
}

/** `undefined` where a name in it could be read as several. */
function questionOf(cluster: string, spec: JsonObject, reeve: object): JsonObject | undefined {
  const { user, uid, groups, extra } = spec
  if (typeof user !== 'string' || user === '') return refuse('spec.user', 'a text is needed')
  const asked = askedIn(cluster, spec)
  return (
    asked && {
      subject: { type: 'kubernetes', id: user },
      ...asked,
      context: { kubernetes: { cluster, uid, groups, extra }, reeve },
    }
  )
}

function askedIn(
  cluster: string,
  spec: JsonObject,
): { readonly action: object; readonly resource: object } | undefined {
  const { resourceAttributes: attributes, nonResourceAttributes: other } = spec
  if (isObject(attributes) === isObject(other)) {
    return refuse('spec', 'one of resourceAttributes and nonResourceAttributes is needed')
  }
  const of = (object: unknown, name: string): string => {
    const value = isObject(object) ? (object[name] ?? '') : ''
    return typeof value === 'string' ? value : refuse(`spec.${name}`, 'a text is needed')
  }
  const verb = of(isObject(attributes) ? attributes : other, 'verb')
  if (verb === '') return refuse('spec.verb', 'a text is needed')
  const action = { name: kubernetesAction(verb) }
  if (isObject(other)) {
    const path = of(other, 'path')
    if (!path.startsWith('/')) refuse('spec.path', 'it begins with `/`')
    // what has no namespace and no kind of the API
    return 'odd' in readPath(path)
      ? undefined
      : { action, resource: { type: 'k8s', id: `k8s://${cluster}//url${path}` } }
  }
  const [namespace = '', group = '', resource = '', subresource = '', name = ''] = [
    'namespace',
    'group',
    'resource',
    'subresource',
    'name',
  ].map((field) => of(attributes, field))
  // SECURITY: it would pass for a name in another place
  if ([namespace, group, resource, subresource, name].some((one) => one.includes('/'))) return undefined
  const kind = kubernetesKind(subresource === '' ? resource : `${resource}/${subresource}`, group)
  // all of them are asked for where no name is given
  return { action, resource: { type: 'k8s', id: kubernetesResource(cluster, namespace, kind, name || '*') } }
}
