// From the tree of an expression to closures, once for each shape. Closures, not generated code: no `eval` and no
// `new Function`, so that a content security policy can forbid them and no text of a policy is ever run as a program.
import { EvaluationError, fail } from './evaluation-error.ts'
import { areEqual } from './equality.ts'
import { extensionFunction, wrongArity } from './extension/functions.ts'
import type { Frame } from './frame.ts'
import { mistyped } from './kind.ts'
import type { Node } from './lift.ts'
import { negate } from './long.ts'
import {
  arithmetic,
  attributeOf,
  entityOf,
  hasAttribute,
  isWithin,
  longFrom,
  order,
  setOf,
  tagOf,
  textOf,
} from './operators.ts'
import { Pattern } from './pattern.ts'
import { EMPTY_RECORD, Entity, RecordValue, SetValue, type Value } from './value.ts'

type Evaluate = (frame: Frame) => Value
export type Test = (frame: Frame) => boolean

const TESTS: ReadonlySet<Node['op']> = new Set([
  '!',
  '==',
  '!=',
  'in',
  '<',
  '<=',
  '>',
  '>=',
  '&&',
  '||',
  'contains',
  'containsAll',
  'containsAny',
  'isEmpty',
  'hasTag',
  'has',
  'like',
  'is',
])

/** For where a boolean must stand; anything else is a type error. */
export function compileTest(node: Node): Test {
  if (TESTS.has(node.op)) return compileOperator(node)
  const value = compile(node)
  return (frame) => {
    const result = value(frame)
    return typeof result === 'boolean' ? result : mistyped('bool', result)
  }
}

function compile(node: Node): Evaluate {
  switch (node.op) {
    case 'constant': {
      const { at } = node
      return (frame) => frame.constants[at] as Value
    }
    case 'error': {
      const { at } = node
      return (frame) => fail((frame.constants[at] as EvaluationError).message)
    }
    case 'variable':
      return variable(node.name)
    case '.': {
      const left = compile(node.left)
      const { name } = node
      return (frame) => attributeOf(left(frame), name)
    }
    case 'getTag':
      return pair(node, (left, right) => {
        const entity = entityOf(left)
        return tagOf(entity, textOf(right))
      })
    case 'neg': {
      const arg = compile(node.arg)
      return (frame) => negate(longFrom(arg(frame)))
    }
    case '+':
    case '-':
    case '*':
      return pair(node, arithmetic(node.op))
    case 'if': {
      const [test, then, otherwise] = [compileTest(node.test), compile(node.yes), compile(node.no)]
      return (frame) => (test(frame) ? then(frame) : otherwise(frame))
    }
    case 'set': {
      const items = node.items.map(compile)
      return (frame) => new SetValue(items.map((item) => item(frame)))
    }
    case 'record': {
      const { names } = node
      const values = node.values.map(compile)
      return (frame) =>
        new RecordValue(
          names,
          values.map((value) => value(frame)),
        )
    }
    case 'call':
      return call(node.name, node.args.map(compile))
    default:
      return compileOperator(node)
  }
}

function compileOperator(node: Node): Test {
  switch (node.op) {
    case '!': {
      const arg = compileTest(node.arg)
      return (frame) => !arg(frame)
    }
    case '&&':
      return every(node.all.map(compileTest))
    case '||':
      return some(node.all.map(compileTest))
    case '==':
      return pair(node, areEqual)
    case '!=':
      return pair(node, (left, right) => !areEqual(left, right))
    case 'in':
      return pair(node, isWithin)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return pair(node, order(node.op))
    case 'contains':
      return pair(node, (left, right) => setOf(left).has(right))
    case 'containsAll':
      return pair(node, (left, right) => setOf(left).hasAll(setOf(right).items))
    case 'containsAny':
      return pair(node, (left, right) => setOf(left).hasAny(setOf(right).items))
    case 'isEmpty': {
      const arg = compile(node.arg)
      return (frame) => setOf(arg(frame)).items.length === 0
    }
    case 'hasTag':
      return pair(node, (left, right) => {
        const { tags } = entityOf(left).data ?? { tags: EMPTY_RECORD }
        return tags.get(textOf(right)) !== undefined
      })
    case 'has':
      return has(compile(node.left), node.path)
    case 'like': {
      const left = compile(node.left)
      const { at } = node
      return (frame) => (frame.constants[at] as Pattern).matches(textOf(left(frame)))
    }
    case 'is':
      return is(compile(node.left), node.type, node.in === null ? null : compile(node.in))
    default:
      throw new TypeError(`operator \`${node.op}\` has no test`)
  }
}

function variable(name: 'principal' | 'action' | 'resource' | 'context'): Evaluate {
  switch (name) {
    case 'principal':
      return (frame) => frame.principal
    case 'action':
      return (frame) => frame.action
    case 'resource':
      return (frame) => frame.resource
    default:
      return (frame) => frame.context
  }
}

function pair<T extends Value>(
  node: { readonly left: Node; readonly right: Node },
  apply: (left: Value, right: Value) => T,
): (frame: Frame) => T {
  const left = compile(node.left)
  const right = compile(node.right)
  return (frame) => apply(left(frame), right(frame))
}

function every(tests: readonly Test[]): Test {
  const [first, second] = tests
  if (first !== undefined && second !== undefined && tests.length === 2) return (frame) => first(frame) && second(frame)
  return (frame) => {
    for (const test of tests) if (!test(frame)) return false
    return true
  }
}

function some(tests: readonly Test[]): Test {
  const [first, second] = tests
  if (first !== undefined && second !== undefined && tests.length === 2) return (frame) => first(frame) || second(frame)
  return (frame) => {
    for (const test of tests) if (test(frame)) return true
    return false
  }
}

/** `a has b.c` asks for each in turn; what is there but is no record and no entity is a type error. */
function has(left: Evaluate, path: readonly string[]): Test {
  const [first = ''] = path
  if (path.length === 1) return (frame) => hasAttribute(left(frame), first) !== undefined
  return (frame) => {
    let value: Value | undefined = left(frame)
    for (const name of path) {
      value = hasAttribute(value, name)
      if (value === undefined) return false
    }
    return true
  }
}

function is(left: Evaluate, type: string, within: Evaluate | null): Test {
  if (within === null) return (frame) => entityOf(left(frame)).type === type
  return (frame) => {
    const entity: Entity = entityOf(left(frame))
    return entity.type === type && isWithin(entity, within(frame))
  }
}

function call(name: string, args: readonly Evaluate[]): Evaluate {
  const { arity, apply } = extensionFunction(name) ?? { arity: -1, apply: () => false }
  const [first, second] = args
  if (args.length === arity && first !== undefined) {
    if (second === undefined) return (frame) => apply(first(frame), false)
    return (frame) => apply(first(frame), second(frame))
  }
  const { message } = wrongArity(name, arity, args.length)
  return (frame) => {
    for (const arg of args) arg(frame)
    return fail(message)
  }
}
