// How far an action reaches: reading, changing, or changing who may do what. What no table knows is `unknown`.
import { awsActionsOf } from './aws-actions.ts'

export type ActionLevel = 'read' | 'write' | 'admin' | 'unknown'

const AWS = { list: 'read', read: 'read', tagging: 'write', write: 'write', permissions: 'admin' } as const

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const READ = words('get list watch read select view describe head can_read search query connect usage')
const WRITE = words(
  'create update patch delete deletecollection write insert truncate edit put post set send publish execute call ' +
    'maintain references trigger temporary push deploy',
)
const ADMIN = words('admin escalate bind impersonate approve grant revoke owner * all superuser createrole')

const known = new Map<string, ActionLevel>()
/** Names come from outside: what is remembered is bounded, in number and in letters. */
const KNOWN_MAX = 10_000
const LETTERS_MAX = 200

/** Of an action as `kernel/names` spells it: `aws:s3:GetObject`, `k8s:get`, `github:contents:write`. */
export function levelOfAction(action: string): ActionLevel {
  const remembered = known.get(action)
  if (remembered !== undefined) return remembered
  const level = worked(action)
  if (action.length > LETTERS_MAX) return level
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(action, level)
  return level
}

function worked(action: string): ActionLevel {
  const [system = '', service = '', name = ''] = action.split(':')
  if (system === 'aws') {
    const found = awsActionsOf(service)?.get(name.toLowerCase())
    return found === undefined ? (action.endsWith('*') ? 'admin' : 'unknown') : AWS[found.level]
  }
  const verb = (name || service || system).toLowerCase()
  if (ADMIN.has(verb)) return 'admin'
  if (READ.has(verb)) return 'read'
  return WRITE.has(verb) ? 'write' : 'unknown'
}
