// Random policies, templates, links, entities and requests for the comparison with Cedar itself.
import { ExpressionGenerator, quoted, Random } from './random-expressions-in-test.ts'
import { DATETIMES, DECIMALS, DURATIONS, IDS, IPS, NAMES, STRINGS, TYPES } from './random-literals-in-test.ts'
import type { PolicyLink } from './policy-set.ts'
import type { PolicyRequest } from './read-request.ts'

interface Uid {
  readonly type: string
  readonly id: string
}

export interface RandomCase {
  readonly entities: readonly {
    uid: Uid
    attrs: Record<string, unknown>
    tags: Record<string, unknown>
    parents: Uid[]
  }[]
  readonly texts: Record<string, string>
  readonly policies: Record<string, unknown>
  readonly templateTexts: Record<string, string>
  readonly templates: Record<string, unknown>
  readonly links: readonly PolicyLink[]
  readonly requests: readonly Required<PolicyRequest>[]
}

interface Side {
  readonly text: string
  readonly json: Record<string, unknown>
}

export class CaseGenerator {
  readonly #random: Random
  readonly #expressions: ExpressionGenerator

  constructor(seed: number) {
    this.#random = new Random(seed)
    this.#expressions = new ExpressionGenerator(this.#random)
  }

  next(): RandomCase {
    const random = this.#random
    const [texts, policies, templateTexts, templates]: Record<string, never>[] = [{}, {}, {}, {}]
    const links: PolicyLink[] = []
    const effects = random.chance(0.3) ? (['permit', 'forbid'] as const) : (['permit'] as const)
    for (let index = 0; index < 12; index++) {
      const { text, json } = this.#policy(random.pick(effects), false)
      Object.assign(texts ?? {}, { [`p${index}`]: text })
      Object.assign(policies ?? {}, { [`p${index}`]: json })
    }
    for (let index = 0; index < 2; index++) {
      const { text, json, slots } = this.#policy(random.pick(effects), true)
      if (slots.length === 0) continue
      Object.assign(templateTexts ?? {}, { [`t${index}`]: text })
      Object.assign(templates ?? {}, { [`t${index}`]: json })
      for (let number = 0; number < 2; number++) {
        const filled = Object.fromEntries(slots.map((slot) => [slot, this.#uid()]))
        links.push({ id: `l${index}${number}`, template: `t${index}`, ...filled })
      }
    }
    const entities = this.#entities()
    const requests = Array.from({ length: 5 }, () => this.#request())
    return {
      entities,
      texts: texts ?? {},
      policies: policies ?? {},
      templateTexts: templateTexts ?? {},
      templates: templates ?? {},
      links,
      requests,
    }
  }

  #uid(): Uid {
    // few, so that they meet
    const random = this.#random
    return { type: random.pick(TYPES.slice(0, 4)), id: random.chance(0.8) ? random.pick(['a', 'b']) : random.pick(IDS) }
  }

  #action(): Uid {
    return { type: 'Action', id: this.#random.pick(['a', 'b', 'c', 'd']) }
  }

  #policy(effect: 'permit' | 'forbid', template: boolean): Side & { slots: ('principal' | 'resource')[] } {
    const random = this.#random
    const slots: ('principal' | 'resource')[] = []
    const principal = this.#side('principal', template, slots)
    const resource = this.#side('resource', template, slots)
    const action = this.#actionScope()
    const conditions = Array.from({ length: random.chance(0.85) ? 1 : random.below(3) }, () => ({
      kind: random.chance(0.8) ? 'when' : 'unless',
      body: this.#expressions.expression('bool', 1 + random.below(4)),
    }))
    return {
      text: `${effect}(${principal.text}, ${action.text}, ${resource.text}) ${conditions
        .map(({ kind, body }) => `${kind} { ${body.text} }`)
        .join(' ')};`,
      json: {
        effect,
        principal: principal.json,
        action: action.json,
        resource: resource.json,
        conditions: conditions.map(({ kind, body }) => ({ kind, body: body.json })),
      },
      slots,
    }
  }

  #side(name: 'principal' | 'resource', template: boolean, slots: ('principal' | 'resource')[]): Side {
    const random = this.#random
    const form = random.below(template ? 4 : 8)
    if (form > 3) return { text: name, json: { op: 'All' } }
    const type = random.pick(TYPES.slice(0, 4))
    if (form === 0) return { text: `${name} is ${type}`, json: { op: 'is', entity_type: type } }
    const open = template && random.chance(0.8)
    if (open) slots.push(name)
    const uid = this.#uid()
    const text = open ? `?${name}` : `${uid.type}::${quoted(uid.id)}`
    const json = open ? { slot: `?${name}` } : { entity: uid }
    if (form === 1) return { text: `${name} == ${text}`, json: { op: '==', ...json } }
    if (form === 2) return { text: `${name} in ${text}`, json: { op: 'in', ...json } }
    return { text: `${name} is ${type} in ${text}`, json: { op: 'is', entity_type: type, in: json } }
  }

  #actionScope(): Side {
    const random = this.#random
    const form = random.below(6)
    const one = this.#action()
    const textOf = ({ id }: Uid): string => `Action::"${id}"`
    if (form === 0) return { text: `action == ${textOf(one)}`, json: { op: '==', entity: one } }
    if (form === 1) return { text: `action in ${textOf(one)}`, json: { op: 'in', entity: one } }
    if (form > 2) return { text: 'action', json: { op: 'All' } }
    const many = Array.from({ length: random.below(4) }, () => this.#action())
    return { text: `action in [${many.map(textOf).join(', ')}]`, json: { op: 'in', entities: many } }
  }

  #entities(): RandomCase['entities'] {
    const random = this.#random
    const uids = new Map<string, Uid>()
    for (let index = 0; index < 3 + random.below(8); index++) {
      const uid = random.chance(0.3) ? this.#action() : this.#uid()
      uids.set(JSON.stringify(uid), uid)
    }
    const all = [...uids.values()]
    const entities = all.map((uid, index) => {
      const earlier = all.slice(0, index).filter(({ type }) => (type === 'Action') === (uid.type === 'Action'))
      const parents = earlier.filter(() => random.chance(0.35))
      if (random.chance(0.1) && uid.type !== 'Action') parents.push({ type: 'G', id: 'unlisted' })
      return { uid, attrs: this.#attributes(2), tags: random.chance(0.4) ? this.#attributes(1) : {}, parents }
    })
    // the order in which they are given must not matter
    return entities.sort(() => random.next() - 0.5)
  }

  #attributes(depth: number): Record<string, unknown> {
    const random = this.#random
    const names = NAMES.filter(() => random.chance(0.5))
    return Object.fromEntries(names.map((name) => [name, this.#value(depth)]))
  }

  #value(depth: number): unknown {
    const random = this.#random
    const sound = (texts: readonly string[], count: number): string => random.pick(texts.slice(0, count))
    switch (random.below(depth > 0 ? 10 : 8)) {
      case 0:
        return random.chance(0.5)
      case 1:
        return random.pick([0, 1, -1, 2, 7, 1000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])
      case 2:
        return random.pick(STRINGS)
      case 3:
        return { __entity: random.chance(0.3) ? this.#action() : this.#uid() }
      case 4:
        return { __extn: { fn: 'ip', arg: sound(IPS, 21) } }
      case 5:
        return { __extn: { fn: 'decimal', arg: sound(DECIMALS, 10) } }
      case 6:
        return { __extn: { fn: 'datetime', arg: sound(DATETIMES, 15) } }
      case 7:
        return { __extn: { fn: 'duration', arg: sound(DURATIONS, 15) } }
      case 8:
        return Array.from({ length: random.below(4) }, () => this.#value(depth - 1))
      default:
        return this.#attributes(depth - 1)
    }
  }

  #request(): Required<PolicyRequest> {
    return { principal: this.#uid(), action: this.#action(), resource: this.#uid(), context: this.#attributes(2) }
  }
}
