// What files tell of a request: who calls, on what, and what the caller may choose. Everything else stays unknown.
import type { KeyState, RequestContext } from './condition.ts'
import { splitArn } from './resource-pattern.ts'

export interface Caller {
  readonly arn: string
  readonly type: 'user' | 'role' | 'group'
  readonly account: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>> | undefined
}

/** Keys, lower case, that one request sets: the service that a role is passed to, the tags of the target. */
export type KnownKeys = Readonly<Record<string, KeyState>>

export const noKeys: RequestContext = () => undefined

export const keysOf =
  (keys: KnownKeys): RequestContext =>
  (key) =>
    Object.hasOwn(keys, key) ? keys[key] : undefined

/**
 * Whoever calls picks these, so a condition on them limits what is made, not who may make it. A session that is too old,
 * as the policy says which AWS writes to revoke sessions, is followed by a new one.
 */
const CALLER_CHOOSES =
  /^aws:(?:requestedregion$|requesttag\/|tagkeys$|tokenissuetime$)|^sts:(?:rolesessionname|transitivetagkeys)$/

/** Keys that say the same of every direct, signed call of the API. */
const DIRECT_CALL: KnownKeys = {
  'aws:securetransport': ['true'],
  'aws:viaawsservice': ['false'],
  'aws:principalisawsservice': ['false'],
  'aws:calledvia': 'absent',
  'aws:calledviafirst': 'absent',
  'aws:calledvialast': 'absent',
  'aws:sourcearn': 'absent',
  'aws:sourceaccount': 'absent',
}

/** `extra` answers before anything else: what this one request or its target says. */
export function contextOf(caller: Caller, extra: RequestContext, resource?: string): RequestContext {
  const isUser = caller.type === 'user'
  return (key) => {
    const said = extra(key)
    if (said !== undefined) return said
    if (Object.hasOwn(DIRECT_CALL, key)) return DIRECT_CALL[key]
    if (CALLER_CHOOSES.test(key)) return 'caller'
    switch (key) {
      case 'aws:principalarn':
        return [caller.arn]
      case 'aws:principalaccount':
        return [caller.account]
      case 'aws:principaltype':
        return [isUser ? 'User' : 'AssumedRole']
      case 'aws:username':
        return isUser ? [caller.name] : 'absent'
      case 'aws:resourceaccount':
        return accountOf(resource)
      default:
        return key.startsWith('aws:principaltag/')
          ? callerTag(caller, key.slice('aws:principaltag/'.length))
          : undefined
    }
  }
}

/** A role's session may bring tags that the role does not have; a user's tags are all there is. */
function callerTag(caller: Caller, key: string): KeyState | undefined {
  const state = tagState(caller.tags, key)
  return state === 'absent' && caller.type !== 'user' ? undefined : state
}

function accountOf(resource: string | undefined): KeyState | undefined {
  const account = resource === undefined ? undefined : splitArn(resource)[4]
  return account === undefined || account === '' ? undefined : [account]
}

/** What a request says of the tags of the principal that it is on. */
export const tagsOf =
  (target: { readonly tags: Readonly<Record<string, string>> | undefined }): RequestContext =>
  (key) => {
    const tag = /^(?:aws|iam):resourcetag\/(.+)$/.exec(key)?.[1]
    return tag === undefined ? undefined : tagState(target.tags, tag)
  }

/** Tag keys compare without case. `undefined` tags: the input does not tell them. */
function tagState(tags: Readonly<Record<string, string>> | undefined, key: string): KeyState | undefined {
  if (tags === undefined) return undefined
  const found = Object.entries(tags).find(([name]) => name.toLowerCase() === key)
  return found === undefined ? 'absent' : [found[1]]
}
