// An estate for the bench: accounts and clusters of a few thousand policies, which many principals hold through groups and
// roles; chains of roles that may be assumed.
import { deriveId } from '#kernel'
import type { GraphChange } from '../src/access/graph/records.ts'

const ACTIONS = [
  'aws:s3:GetObject',
  'aws:s3:PutObject',
  'aws:s3:*',
  'aws:dynamodb:Query',
  'aws:*',
  'k8s:get',
  'k8s:*',
  'pg:SELECT',
]
const POLICIES = 5000
const STEPS = 0.5

const principal = (number: number): string => deriveId('principal', String(number))

/** The same for the same numbers: a linear congruential generator. */
function sequence(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 4) % below
  }
}

export const someone = (principals: number, number: number): string => principal((number * 7919) % principals)

function placeOf(action: string, policy: number): string {
  if (action.startsWith('aws:'))
    return `arn:aws:s3:::bucket-${policy % 500}/${policy % 3 === 0 ? '*' : `part-${policy}/*`}`
  if (action.startsWith('k8s:')) return `k8s://cluster-${policy % 20}/ns-${policy % 200}/secrets/*`
  return `pg://main/shop-${policy % 100}/*`
}

/** `variant`: the same entitlements with other policies, as changes of those before. */
export function* estate(principals: number, entitlements: number, variant = 0): Generator<GraphChange> {
  const random = sequence(7 + variant)
  for (let number = 0; number < entitlements; number++) {
    const policy = random(POLICIES)
    const action = ACTIONS[policy % ACTIONS.length] ?? ''
    yield {
      put: 'right',
      right: {
        id: deriveId('entitlement', String(number)),
        principalId: principal((number * 31) % principals),
        effect: policy % 50 === 0 ? 'deny' : 'allow',
        system: action.slice(0, action.indexOf(':')),
        permission: `policy-${policy}`,
        actions: [action],
        resources: [placeOf(action, policy)],
        level: 'write',
        path: policy % 3 === 0 ? [] : [`group team-${policy % 100}`],
        ...(policy % 20 === 0 && { conditions: { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } } }),
      },
    }
  }
  for (let number = 0; number < principals * STEPS; number++) {
    const [from, to] = [random(principals), random(principals)]
    const reachesPrincipalId = principal(to)
    const id = deriveId('way', String(number))
    yield {
      put: 'way',
      way: {
        id,
        principalId: principal(from),
        kind: 'acts_as',
        how: 'it is trusted by name',
        open: [],
        reachesPrincipalId,
      },
    }
  }
}

export function* asked(): Generator<{ readonly action: string; readonly resource: string }> {
  for (let number = 0; number < 10; number++) {
    yield { action: 'aws:s3:GetObject', resource: `arn:aws:s3:::bucket-${number * 37}/part-1/file` }
    yield { action: 'k8s:get', resource: `k8s://cluster-${number}/ns-${number * 20}/secrets/db` }
  }
}
