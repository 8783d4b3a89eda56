// A set of compiled policies, templates and links, and the decision over them. Pure and synchronous: the same set, entities
// and request always give the same answer.
import { Fault } from '#kernel'
import { isAncestor } from './ancestors.ts'
import type { EntityStore } from './entity-store.ts'
import { EvaluationError } from './evaluation-error.ts'
import type { Frame } from './frame.ts'
import { compileBody, releaseBody, testBody, type PolicyBody, type Shapes } from './policy-body.ts'
import type { ActionScope, ScopeSide } from './policy-json.ts'
import { RequestReader, type PolicyRequest } from './read-request.ts'
import { isTypeName, type Json } from './read-value.ts'
import { Candidates, ScopeIndex } from './scope-index.ts'
import { EMPTY_RECORD, Entity } from './value.ts'

export interface EntityName {
  readonly type: string
  readonly id: string
}

/** A grant: a template with its slots filled. */
export interface PolicyLink {
  readonly id: string
  readonly template: string
  readonly principal?: EntityName
  readonly resource?: EntityName
}

export interface PolicyDecision {
  readonly decision: 'allow' | 'deny'
  /** Ids of the policies and links that determined it; none when nothing permitted. */
  readonly reasons: readonly string[]
  /** Policies that could not be evaluated; they had no say. */
  readonly errors: readonly { readonly policyId: string; readonly message: string }[]
  /** One of them would have forbidden: whoever must fail closed takes that for a denial. */
  readonly forbidFailed: boolean
}

interface Template {
  readonly body: PolicyBody
  readonly number: number
  links: number
}

const NONE = -1

export class PolicySet {
  readonly entities: EntityStore
  readonly #reader: RequestReader
  readonly #shapes: Shapes = new Map()
  readonly #templates = new Map<string, Template>()
  readonly #templateOf = new Map<PolicyBody, Template>()
  readonly #index = new ScopeIndex()
  readonly #entries = new Map<string, number>()
  /** By entry. */
  readonly #ids: string[] = []
  readonly #free: number[] = []
  /** By their own numbers, since all links of a template have one body. */
  readonly #bodies: (PolicyBody | null)[] = []
  readonly #freeBodies: number[] = []
  readonly #found = new Candidates()
  readonly #frame: Frame

  constructor(entities: EntityStore) {
    this.entities = entities
    this.#reader = new RequestReader(entities)
    const nobody = new Entity('', '', -1)
    this.#frame = { principal: nobody, action: nobody, resource: nobody, context: EMPTY_RECORD, constants: [] }
  }

  /** Policies and links. */
  get size(): number {
    return this.#entries.size
  }

  /** How many compiled tests there are. */
  get shapes(): number {
    return this.#shapes.size
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  /** Throws a Fault that names the construct when one is not supported; the set stays as it was. */
  addPolicy(id: string, json: Json): void {
    this.#refuseTaken(id)
    const body = compileBody(json, this.entities, this.#shapes)
    if (body.needs.principal || body.needs.resource) {
      releaseBody(body, this.entities)
      throw new Fault('unprocessable', `\`${id}\` has a slot; add it as a template`)
    }
    this.#add(id, this.#number(body), entityOf(body.principal)?.slot ?? NONE, entityOf(body.resource)?.slot ?? NONE)
  }

  addTemplate(id: string, json: Json): void {
    this.#refuseTaken(id)
    const body = compileBody(json, this.entities, this.#shapes)
    if (!body.needs.principal && !body.needs.resource) {
      releaseBody(body, this.entities)
      throw new Fault('unprocessable', `\`${id}\` has no slot; add it as a policy`)
    }
    const template = { body, number: this.#number(body), links: 0 }
    this.#templates.set(id, template)
    this.#templateOf.set(body, template)
  }

  /** Costs microseconds, however many there are. */
  addLink({ id, template: templateId, principal, resource }: PolicyLink): void {
    this.#refuseTaken(id)
    const template = this.#templates.get(templateId)
    if (template === undefined) throw new Fault('unprocessable', `there is no template \`${templateId}\``)
    const { body } = template
    if (body.needs.principal !== (principal !== undefined) || body.needs.resource !== (resource !== undefined)) {
      throw new Fault('unprocessable', `\`${id}\` must fill the slots of \`${templateId}\`, all of them and no others`)
    }
    for (const name of [principal, resource]) {
      if (name !== undefined && !isTypeName(name.type))
        throw new Fault('unprocessable', `\`${id}\` names no entity type`)
    }
    const own = [principal, resource].map((name) =>
      name === undefined ? undefined : this.entities.mention(name.type, name.id),
    )
    template.links++
    this.#add(
      id,
      template.number,
      (own[0] ?? entityOf(body.principal))?.slot ?? NONE,
      (own[1] ?? entityOf(body.resource))?.slot ?? NONE,
    )
  }

  /** A policy or link. False when there is none of this id. Costs microseconds. */
  remove(id: string): boolean {
    const entry = this.#entries.get(id)
    if (entry === undefined) return false
    const number = this.#index.bodyOf(entry)
    const body = this.#bodies[number]
    if (body == null) return false
    this.#index.remove(entry, actionSlots(body.action))
    this.#entries.delete(id)
    const template = this.#templateOf.get(body)
    if (template === undefined) this.#forget(body, number)
    else {
      template.links--
      if (body.needs.principal) this.entities.releaseSlot(this.#index.principalOf(entry))
      if (body.needs.resource) this.entities.releaseSlot(this.#index.resourceOf(entry))
    }
    this.#ids[entry] = ''
    this.#free.push(entry)
    return true
  }

  /** Refused while links use it. */
  removeTemplate(id: string): boolean {
    const template = this.#templates.get(id)
    if (template === undefined) return false
    if (template.links > 0) throw new Fault('conflict', `${template.links} links use \`${id}\`; remove them first`)
    this.#templates.delete(id)
    this.#templateOf.delete(template.body)
    this.#forget(template.body, template.number)
    return true
  }

  /** Throws a Fault when the request is not valid; a policy that fails is in `errors`. */
  evaluate(request: PolicyRequest): PolicyDecision {
    const frame = this.#frame
    this.#reader.read(request, frame)
    const { principal, action, resource } = frame
    const found = this.#found
    found.count = 0
    this.#index.find(principal, action, resource, found)
    const permits: string[] = []
    const forbids: string[] = []
    const errors: { policyId: string; message: string }[] = []
    let forbidFailed = false
    for (let place = 0; place < found.count; place++) {
      const entry = found.entries[place] ?? NONE
      const body = this.#bodies[this.#index.bodyOf(entry)]
      if (body == null || !this.#isInScope(entry, body)) continue
      const outcome = testBody(body, frame)
      if (outcome === false) continue
      const id = this.#ids[entry] ?? ''
      if (outcome instanceof EvaluationError) {
        errors.push({ policyId: id, message: outcome.message })
        forbidFailed ||= body.effect === 'forbid'
      } else if (body.effect === 'permit') permits.push(id)
      else forbids.push(id)
    }
    if (forbids.length > 0) return { decision: 'deny', reasons: forbids, errors, forbidFailed }
    return { decision: permits.length > 0 ? 'allow' : 'deny', reasons: permits, errors, forbidFailed }
  }

  /** Ends its mentions of entities, so that the store forgets what only this set named. The set is empty afterwards. */
  release(): void {
    for (const id of this.#entries.keys()) this.remove(id)
    for (const id of this.#templates.keys()) this.removeTemplate(id)
  }

  #refuseTaken(id: string): void {
    if (this.#entries.has(id) || this.#templates.has(id))
      throw new Fault('conflict', `there is a policy \`${id}\` already`)
  }

  #add(id: string, number: number, principal: number, resource: number): void {
    const body = this.#bodies[number]
    if (body == null) throw new Error('a body is numbered first')
    const entry = this.#free.pop() ?? this.#ids.length
    this.#ids[entry] = id
    this.#entries.set(id, entry)
    this.#index.add(entry, number, principal, resource, actionSlots(body.action))
  }

  #number(body: PolicyBody): number {
    const number = this.#freeBodies.pop() ?? this.#bodies.length
    this.#bodies[number] = body
    return number
  }

  #forget(body: PolicyBody, number: number): void {
    releaseBody(body, this.entities)
    this.#bodies[number] = null
    this.#freeBodies.push(number)
  }

  /** What the index does not decide: it found `in` by the hierarchy, and knows no types and no actions. */
  #isInScope(entry: number, { principal, action, resource }: PolicyBody): boolean {
    const frame = this.#frame
    return (
      isActionInScope(action, frame.action) &&
      isSideInScope(principal, frame.principal, this.#index.principalOf(entry)) &&
      isSideInScope(resource, frame.resource, this.#index.resourceOf(entry))
    )
  }
}

const entityOf = (side: ScopeSide): Entity | undefined =>
  'entity' in side && side.entity instanceof Entity ? side.entity : undefined

const ANY_ACTION: readonly number[] = []
const actionSlots = (scope: ActionScope): readonly number[] =>
  scope.op === 'any' ? ANY_ACTION : scope.entities.map(({ slot }) => slot)

function isSideInScope(side: ScopeSide, entity: Entity, slot: number): boolean {
  if (side.op === 'any') return true
  if (side.op === 'is') return entity.type === side.type
  return (side.op === 'in' || entity.slot === slot) && (side.type === null || entity.type === side.type)
}

function isActionInScope(scope: ActionScope, action: Entity): boolean {
  if (scope.op === 'any') return true
  for (const entity of scope.entities) {
    if (entity === action || (scope.op === 'in' && isAncestor(entity, action))) return true
  }
  return false
}
