// Random expressions in both forms that say the same: Cedar's text, and its JSON form written by us. Mostly of the type that
// is asked for, now and then of another, so that every operator meets values that it takes and values that it refuses.
import {
  TYPES,
  IDS,
  NAMES,
  IDENTIFIERS,
  LONGS,
  STRINGS,
  IPS,
  DECIMALS,
  DATETIMES,
  DURATIONS,
} from './random-literals-in-test.ts'

export interface Expression {
  readonly text: string
  readonly json: unknown
}

export type Kind = 'bool' | 'long' | 'string' | 'entity' | 'set' | 'record' | 'ip' | 'decimal' | 'datetime' | 'duration'

const KINDS: readonly Kind[] = [
  'bool',
  'long',
  'string',
  'entity',
  'set',
  'record',
  'ip',
  'decimal',
  'datetime',
  'duration',
]

/** Reproducible from its seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  chance(of: number): boolean {
    return this.next() < of
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }
}

const METHODS: Readonly<Record<string, readonly Kind[]>> = {
  isIpv4: ['ip'],
  isIpv6: ['ip'],
  isLoopback: ['ip'],
  isMulticast: ['ip'],
  isInRange: ['ip', 'ip'],
  lessThan: ['decimal', 'decimal'],
  lessThanOrEqual: ['decimal', 'decimal'],
  greaterThan: ['decimal', 'decimal'],
  greaterThanOrEqual: ['decimal', 'decimal'],
  toMilliseconds: ['duration'],
  toSeconds: ['duration'],
  toMinutes: ['duration'],
  toHours: ['duration'],
  toDays: ['duration'],
  offset: ['datetime', 'duration'],
  durationSince: ['datetime', 'datetime'],
  toDate: ['datetime'],
  toTime: ['datetime'],
}
const RESULTS: Readonly<Record<'bool' | 'long' | 'datetime' | 'duration', readonly string[]>> = {
  bool: [
    'isIpv4',
    'isIpv6',
    'isLoopback',
    'isMulticast',
    'isInRange',
    'isInRange',
    'lessThan',
    'lessThanOrEqual',
    'greaterThan',
    'greaterThanOrEqual',
  ],
  long: ['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'],
  datetime: ['offset', 'toDate'],
  duration: ['durationSince', 'toTime'],
}

export const quoted = (text: string): string =>
  `"${text.replaceAll(/["\\]|[^ -~]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? '0'}}`)}"`

export class ExpressionGenerator {
  readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  expression(kind: Kind, depth: number): Expression {
    const { random } = this
    if (random.chance(0.04)) return this.expression(random.pick(KINDS), depth)
    if (depth > 0 && random.chance(0.1)) return this.#conditional(kind, depth)
    if (depth > 0 && random.chance(0.12)) return this.#read(depth)
    switch (kind) {
      case 'bool':
        return depth === 0 ? this.#literal(random.chance(0.6)) : this.#boolean(depth)
      case 'long':
        return depth === 0 || random.chance(0.4) ? this.#integer() : this.#long(depth)
      case 'string':
        return random.chance(0.2) ? this.#read(depth) : this.#literal(random.pick(STRINGS))
      case 'entity':
        return this.#entity()
      case 'set':
        return this.#set(depth)
      case 'record':
        return random.chance(0.3) ? variable('context') : this.#record(depth)
      case 'ip':
        return this.#constructed('ip', IPS, depth)
      case 'decimal':
        return this.#constructed('decimal', DECIMALS, depth)
      case 'datetime':
        return depth > 0 && random.chance(0.4)
          ? this.#method(random.pick(RESULTS.datetime), depth)
          : this.#constructed('datetime', DATETIMES, depth)
      default:
        return depth > 0 && random.chance(0.4)
          ? this.#method(random.pick(RESULTS.duration), depth)
          : this.#constructed('duration', DURATIONS, depth)
    }
  }

  name(): string {
    return this.random.pick(NAMES)
  }

  #literal(value: string | boolean): Expression {
    return { text: typeof value === 'string' ? quoted(value) : String(value), json: { Value: value } }
  }

  #integer(): Expression {
    const value = this.random.pick(LONGS)
    const safe = Number.isSafeInteger(Number(value)) ? Number(value) : value
    return { text: `(${value})`, json: { Value: safe } }
  }

  #entity(): Expression {
    const { random } = this
    if (random.chance(0.6)) return variable(random.pick(['principal', 'principal', 'resource', 'resource', 'action']))
    const [type, id] = [random.pick(TYPES), random.pick(IDS)]
    return { text: `${type}::${quoted(id)}`, json: { Value: { __entity: { type, id } } } }
  }

  #boolean(depth: number): Expression {
    const { random } = this
    const next = depth - 1
    switch (random.below(14)) {
      case 0:
        return this.#binary(random.pick(['&&', '||']), 'bool', 'bool', next)
      case 1: {
        const arg = this.expression('bool', next)
        return { text: `(!${arg.text})`, json: { '!': { arg: arg.json } } }
      }
      case 2:
      case 3: {
        const kind = random.pick(KINDS)
        return this.#binary(random.pick(['==', '!=']), kind, kind, next)
      }
      case 4: {
        const kind = random.pick<Kind>(['long', 'long', 'datetime', 'duration'])
        return this.#binary(random.pick(['<', '<=', '>', '>=']), kind, kind, next)
      }
      case 5:
        return this.#binary('in', 'entity', random.pick<Kind>(['entity', 'set']), next)
      case 6:
        return this.#has(next)
      case 7:
        return this.#like(next)
      case 8:
        return this.#is(next)
      case 9:
        return this.#calls('contains', 'set', random.pick(KINDS), next)
      case 10:
        return this.#calls(random.pick(['containsAll', 'containsAny']), 'set', 'set', next)
      case 11: {
        const arg = this.expression('set', next)
        return { text: `(${arg.text}).isEmpty()`, json: { isEmpty: { arg: arg.json } } }
      }
      case 12:
        return this.#calls('hasTag', 'entity', 'string', next)
      default:
        return this.#method(random.pick(RESULTS.bool), next)
    }
  }

  #long(depth: number): Expression {
    const { random } = this
    if (random.chance(0.15)) {
      const arg = this.expression('long', depth - 1)
      return { text: `(-(${arg.text}))`, json: { neg: { arg: arg.json } } }
    }
    if (random.chance(0.2)) return this.#method(random.pick(RESULTS.long), depth - 1)
    return this.#binary(random.pick(['+', '-', '*']), 'long', 'long', depth - 1)
  }

  #binary(operator: string, left: Kind, right: Kind, depth: number): Expression {
    const [first, second] = [this.expression(left, depth), this.expression(right, depth)]
    return {
      text: `(${first.text} ${operator} ${second.text})`,
      json: { [operator]: { left: first.json, right: second.json } },
    }
  }

  #calls(operator: string, left: Kind, right: Kind, depth: number): Expression {
    const [first, second] = [this.expression(left, depth), this.expression(right, depth)]
    return {
      text: `(${first.text}).${operator}(${second.text})`,
      json: { [operator]: { left: first.json, right: second.json } },
    }
  }

  #conditional(kind: Kind, depth: number): Expression {
    const [test, yes, no] = [
      this.expression('bool', depth - 1),
      this.expression(kind, depth - 1),
      this.expression(kind, depth - 1),
    ]
    return {
      text: `(if ${test.text} then ${yes.text} else ${no.text})`,
      json: {
        'if-then-else': { if: test.json, ...branch('then', yes), ...branch('else', no) },
      },
    }
  }

  /** An attribute or a tag of something. */
  #read(depth: number): Expression {
    const { random } = this
    const left = this.expression(random.pick<Kind>(['entity', 'record']), Math.max(0, depth - 1))
    if (random.chance(0.2)) {
      const name = this.#literal(this.name())
      return { text: `(${left.text}).getTag(${name.text})`, json: { getTag: { left: left.json, right: name.json } } }
    }
    const attr = this.name()
    return { text: `(${left.text})[${quoted(attr)}]`, json: { '.': { left: left.json, attr } } }
  }

  #has(depth: number): Expression {
    const { random } = this
    const left = this.expression(random.pick<Kind>(['entity', 'record']), depth)
    if (random.chance(0.5)) {
      const attr = this.name()
      return { text: `(${left.text} has ${quoted(attr)})`, json: { has: { left: left.json, attr } } }
    }
    const path = Array.from({ length: 1 + random.below(3) }, () => random.pick(IDENTIFIERS))
    return { text: `(${left.text} has ${path.join('.')})`, json: { has: { left: left.json, attr: path } } }
  }

  #like(depth: number): Expression {
    const { random } = this
    const left = this.expression('string', depth)
    const pattern = Array.from({ length: random.below(5) }, () =>
      random.chance(0.45)
        ? ('Wildcard' as const)
        : { Literal: random.pick(['a', 'b', 'c', 'X', '*', '😀', 'é', '"', 'ab']) },
    )
    const text = pattern.map((part) =>
      part === 'Wildcard' ? '*' : quoted(part.Literal).slice(1, -1).replaceAll('*', '\\*'),
    )
    return { text: `(${left.text} like "${text.join('')}")`, json: { like: { left: left.json, pattern } } }
  }

  #is(depth: number): Expression {
    const { random } = this
    const left = this.expression('entity', depth)
    const type = random.pick(TYPES)
    if (random.chance(0.5))
      return { text: `(${left.text} is ${type})`, json: { is: { left: left.json, entity_type: type } } }
    const within = this.expression(random.pick<Kind>(['entity', 'set']), depth)
    return {
      text: `(${left.text} is ${type} in ${within.text})`,
      json: { is: { left: left.json, entity_type: type, in: within.json } },
    }
  }

  #set(depth: number): Expression {
    const { random } = this
    const kind = random.pick(KINDS)
    const count = random.chance(0.1) ? 9 + random.below(4) : random.below(4)
    const items = Array.from({ length: count }, () => this.expression(kind, Math.max(0, depth - 1)))
    return { text: `[${items.map(({ text }) => text).join(', ')}]`, json: { Set: items.map(({ json }) => json) } }
  }

  #record(depth: number): Expression {
    const { random } = this
    const count = random.chance(0.1) ? NAMES.length : random.below(4)
    const names = [...new Set(Array.from({ length: count }, () => this.name()))]
    const values = names.map(() => this.expression(random.pick(KINDS), Math.max(0, depth - 1)))
    return {
      text: `{${names.map((name, index) => `${quoted(name)}: ${values[index]?.text ?? ''}`).join(', ')}}`,
      json: { Record: Object.fromEntries(names.map((name, index) => [name, values[index]?.json])) },
    }
  }

  #constructed(name: string, texts: readonly string[], depth: number): Expression {
    const { random } = this
    const args = [random.chance(0.05) ? this.expression('string', depth) : this.#literal(random.pick(texts))]
    return this.#call(name, args)
  }

  #call(name: string, args: Expression[]): Expression {
    this.#disarrange(args)
    return {
      text: `${name}(${args.map(({ text }) => text).join(', ')})`,
      json: { [name]: args.map(({ json }) => json) },
    }
  }

  #method(name: string, depth: number): Expression {
    const args = (METHODS[name] ?? []).map((kind) => this.expression(kind, Math.max(0, depth - 1)))
    const [self] = args
    const others = args.slice(1)
    this.#disarrange(others)
    return {
      text: `(${self?.text ?? ''}).${name}(${others.map(({ text }) => text).join(', ')})`,
      json: { [name]: [self, ...others].map((arg) => arg?.json) },
    }
  }

  /** Now and then one argument too many or too few. */
  #disarrange(args: Expression[]): void {
    const { random } = this
    const chance = random.next()
    if (chance < 0.02) args.push(this.expression(random.pick(KINDS), 0))
    else if (chance < 0.04) args.pop()
  }
}

function variable(name: string): Expression {
  return { text: name, json: { Var: name } }
}

/** A literal `then` would make the object look like a promise. */
const branch = (name: string, { json }: Expression): Record<string, unknown> => ({ [name]: json })
