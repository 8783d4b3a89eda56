// From Cedar's JSON form of an expression to our own tree, with the constants lifted out: policies that differ only in
// constants have one shape and share its compiled functions. A construct that is not known is refused by its name.
import { Fault } from '#kernel'
import { EvaluationError } from './evaluation-error.ts'
import { callExtension, extensionFunction } from './extension/functions.ts'
import { longOf } from './long.ts'
import { pathOf, patternOf, type Pattern } from './pattern.ts'
import { isObject, isTypeName, readValue, type Json, type JsonObject, type Resolve } from './read-value.ts'
import { RecordValue, SetValue, type Value } from './value.ts'

const BINARY = [
  '==',
  '!=',
  'in',
  '<',
  '<=',
  '>',
  '>=',
  '+',
  '-',
  '*',
  'contains',
  'containsAll',
  'containsAny',
  'getTag',
  'hasTag',
] as const
export type BinaryOperator = (typeof BINARY)[number]
type Variable = 'principal' | 'action' | 'resource' | 'context'

/** Plain JSON, so that its text is the shape. `at` is a place among the constants. */
export type Node =
  | { readonly op: 'constant'; readonly at: number }
  | { readonly op: 'error'; readonly at: number }
  | { readonly op: 'variable'; readonly name: Variable }
  | { readonly op: '!' | 'neg' | 'isEmpty'; readonly arg: Node }
  | { readonly op: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly op: '&&' | '||'; readonly all: readonly Node[] }
  | { readonly op: '.'; readonly left: Node; readonly name: string }
  | { readonly op: 'has'; readonly left: Node; readonly path: readonly string[] }
  | { readonly op: 'like'; readonly left: Node; readonly at: number }
  | { readonly op: 'is'; readonly left: Node; readonly type: string; readonly in: Node | null }
  | { readonly op: 'if'; readonly test: Node; readonly yes: Node; readonly no: Node }
  | { readonly op: 'set'; readonly items: readonly Node[] }
  | { readonly op: 'record'; readonly names: readonly string[]; readonly values: readonly Node[] }
  | { readonly op: 'call'; readonly name: string; readonly args: readonly Node[] }

export type Constant = Value | EvaluationError | Pattern

/** Chains of `&&` and `||` count once, whatever their length. */
const DEPTH_MAX = 400
const VARIABLES: ReadonlySet<string> = new Set(['principal', 'action', 'resource', 'context'])
const BINARY_OPERATORS: ReadonlySet<string> = new Set(BINARY)

const refuse = (why: string): never => {
  throw new Fault('unprocessable', why)
}

export class Lifter {
  readonly constants: Constant[] = []
  readonly #resolve: Resolve

  /** `resolve` mentions the entities that stand in the policy. */
  constructor(resolve: Resolve) {
    this.#resolve = resolve
  }

  lift(json: Json, depth = 0): Node {
    if (depth > DEPTH_MAX) return refuse(`an expression is nested deeper than ${DEPTH_MAX}; split the policy`)
    if (!isObject(json)) return refuse('an expression is an object with one operator')
    const [operator, ...others] = Object.keys(json)
    if (operator === undefined || others.length > 0) return refuse('an expression is an object with one operator')
    const body = json[operator]
    if (operator === 'Value') return this.#constant(readConstant(body, this.#resolve))
    if (operator === 'Var') return variable(body)
    if (operator === 'Set') return this.#set(body, depth)
    if (extensionFunction(operator) !== undefined) return this.#call(operator, body, depth)
    if (!isObject(body)) return refuse(`\`${operator}\` is not an operator that this version evaluates`)
    if (operator === '&&' || operator === '||') return this.#chain(operator, json, depth)
    if (BINARY_OPERATORS.has(operator)) return this.#binary(operator as BinaryOperator, body, depth)
    return this.#other(operator, body, depth + 1)
  }

  #other(operator: string, body: JsonObject, depth: number): Node {
    switch (operator) {
      case '!':
      case 'isEmpty':
        return { op: operator, arg: this.lift(body['arg'], depth) }
      case 'neg':
        return { op: 'neg', arg: this.lift(body['arg'], depth) }
      case '.':
        return { op: '.', left: this.lift(body['left'], depth), name: pathOf(body['attr'])[0] ?? '' }
      case 'has':
        return { op: 'has', left: this.lift(body['left'], depth), path: pathOf(body['attr']) }
      case 'like':
        return { op: 'like', left: this.lift(body['left'], depth), at: this.#keep(patternOf(body['pattern'])) }
      case 'is':
        return this.#is(body, depth)
      case 'if-then-else':
        return {
          op: 'if',
          test: this.lift(body['if'], depth),
          yes: this.lift(body['then'], depth),
          no: this.lift(body['else'], depth),
        }
      case 'Record':
        return this.#record(body, depth)
      default:
        return refuse(`\`${operator}\` is not an operator that this version evaluates`)
    }
  }

  #keep(constant: Constant): number {
    return this.constants.push(constant) - 1
  }

  #constant(value: Value | EvaluationError): Node {
    return { op: value instanceof EvaluationError ? 'error' : 'constant', at: this.#keep(value) }
  }

  /** What the nodes evaluate to when all are constants, and then takes them back. */
  #fold(nodes: readonly Node[], from: number): readonly Value[] | EvaluationError | undefined {
    if (!nodes.every(({ op }) => op === 'constant' || op === 'error')) return undefined
    const values = this.constants.splice(from) as (Value | EvaluationError)[]
    return values.find((value) => value instanceof EvaluationError) ?? (values as Value[])
  }

  #chain(operator: '&&' | '||', json: JsonObject, depth: number): Node {
    const rights: Json[] = []
    let left: Json = json
    for (let body = chained(left, operator); body !== undefined; body = chained(left, operator)) {
      rights.push(body['right'])
      left = body['left']
    }
    const all = [left, ...rights.reverse()].map((part) => this.lift(part, depth + 1))
    return { op: operator, all }
  }

  #binary(op: BinaryOperator, body: JsonObject, depth: number): Node {
    return { op, left: this.lift(body['left'], depth + 1), right: this.lift(body['right'], depth + 1) }
  }

  #is(body: JsonObject, depth: number): Node {
    const type = body['entity_type']
    if (typeof type !== 'string' || !isTypeName(type)) return refuse('`is` names an entity type')
    const left = this.lift(body['left'], depth)
    return { op: 'is', left, type, in: body['in'] === undefined ? null : this.lift(body['in'], depth) }
  }

  #set(body: Json, depth: number): Node {
    if (!Array.isArray(body)) return refuse('`Set` holds a list')
    const from = this.constants.length
    const items = body.map((item) => this.lift(item, depth + 1))
    const values = this.#fold(items, from)
    if (values === undefined) return { op: 'set', items }
    return this.#constant(values instanceof EvaluationError ? values : new SetValue(values))
  }

  #record(body: JsonObject, depth: number): Node {
    // in the order of their names, as Cedar evaluates them: it decides which of two errors is told
    const names = Object.keys(body).sort()
    const from = this.constants.length
    const nodes = names.map((name) => this.lift(body[name], depth))
    const values = this.#fold(nodes, from)
    if (values === undefined) return { op: 'record', names, values: nodes }
    return this.#constant(values instanceof EvaluationError ? values : new RecordValue(names, values))
  }

  #call(name: string, body: Json, depth: number): Node {
    if (!Array.isArray(body)) return refuse(`\`${name}\` takes a list of arguments`)
    const from = this.constants.length
    const args = body.map((arg) => this.lift(arg, depth + 1))
    const values = this.#fold(args, from)
    if (values === undefined) return { op: 'call', name, args }
    return this.#constant(values instanceof EvaluationError ? values : callExtension(name, values))
  }
}

function chained(json: Json, operator: '&&' | '||'): JsonObject | undefined {
  if (!isObject(json) || Object.keys(json).length !== 1) return undefined
  const body = Object.hasOwn(json, operator) ? json[operator] : undefined
  return isObject(body) ? body : undefined
}

function variable(body: Json): Node {
  if (typeof body !== 'string' || !VARIABLES.has(body))
    return refuse('a variable is principal, action, resource or context')
  return { op: 'variable', name: body as Variable }
}

/** SECURITY: an integer that JSON rounded would be another policy than the one that was written. */
function readConstant(json: Json, resolve: Resolve): Value | EvaluationError {
  if (typeof json === 'number' && !Number.isSafeInteger(json)) {
    return refuse('an integer beyond 53 bits was rounded on its way here; give it as a bigint, or smaller')
  }
  if (typeof json === 'bigint') return longOf(json) ?? refuse('an integer does not fit 64 bits')
  return readValue(json, resolve, 'a value in the policy')
}
