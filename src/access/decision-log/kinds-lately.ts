// What was decided lately, by principal: who asks the same again and is answered the same has its record made once.
import type { Decided } from '../authzen/index.ts'
import { kindOf } from './decision-line.ts'
import type { DecidedKind } from './decision-line.ts'
import type { Tail } from './spool-line.ts'

export interface LatelyKind extends Tail {
  readonly kind: DecidedKind
}

/** Of its line, all that follows `id` and `at`. */
export const tailOf = (kind: DecidedKind): LatelyKind => ({ kind, text: JSON.stringify(kind).slice(1) })

interface Known extends LatelyKind {
  readonly action: string
  readonly resource: { readonly type: string; readonly id: string }
}

const PRINCIPALS_MAX = 10_000
/** Letters of all three; who asks chooses them, and longer ones of as many principals would fill the memory. */
const NAMES_MAX = 500

export class KindsLately {
  readonly #byPrincipal = new Map<string, Known>()

  of(decided: Decided): LatelyKind {
    const { question, decision } = decided
    const principalId = decision.chain.at(-1)?.principalId ?? ''
    const before = this.#byPrincipal.get(principalId)
    if (before !== undefined && isOf(before, decided)) return before
    const kind = kindOf(decided)
    const { type, id } = question.resource
    const made = { ...tailOf(kind), action: question.action.name, resource: { type, id } }
    if (made.action.length + type.length + id.length > NAMES_MAX) return made
    if (this.#byPrincipal.size >= PRINCIPALS_MAX) this.#byPrincipal.clear()
    this.#byPrincipal.set(principalId, made)
    return made
  }
}

/** Of the same principal: whether the record would say the same. */
function isOf({ kind, action, resource }: Known, { question, decision }: Decided): boolean {
  return (
    kind.allowed === decision.allowed &&
    kind.reason === decision.reason &&
    kind.highRisk === decision.highRisk &&
    kind.grantId === decision.chain.at(-1)?.grantId &&
    kind.point === question.point &&
    (kind.enforced === false) === (question.enforced === false) &&
    kind.failed === undefined &&
    decision.errors.length === 0 &&
    action === question.action.name &&
    resource.id === question.resource.id &&
    resource.type === question.resource.type
  )
}
