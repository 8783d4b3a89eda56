// A policy or template, compiled: its scope, its test and its constants. All that links of one template share.
import type { Frame } from './frame.ts'
import { compileTest, type Test } from './closures.ts'
import { EvaluationError } from './evaluation-error.ts'
import type { EntityStore } from './entity-store.ts'
import { Lifter, type Constant, type Node } from './lift.ts'
import { readConditions, readScope, type PolicyScope, type ScopeSide } from './policy-json.ts'
import type { Json } from './read-value.ts'
import type { Entity } from './value.ts'

export interface PolicyBody extends PolicyScope {
  /** Null when there are no conditions. */
  readonly test: Test | null
  readonly constants: readonly Constant[]
  /** Every entity that stands in it, once for each time. */
  readonly mentions: readonly Entity[]
  readonly needs: { readonly principal: boolean; readonly resource: boolean }
}

/** Compiled tests by shape: as many as there are ways to write a policy, not as there are policies. */
export type Shapes = Map<string, Test>

/** Throws a Fault that names what is not understood; nothing stays mentioned then. */
export function compileBody(json: Json, store: EntityStore, shapes: Shapes): PolicyBody {
  const mentions: Entity[] = []
  const mention = (type: string, id: string): Entity => {
    const entity = store.mention(type, id)
    mentions.push(entity)
    return entity
  }
  try {
    const scope = readScope(json, mention)
    const lifter = new Lifter(mention)
    const nodes = readConditions(json).map((condition) => lifter.lift(condition))
    const needs = { principal: isOpen(scope.principal), resource: isOpen(scope.resource) }
    return { ...scope, test: testOf(nodes, shapes), constants: lifter.constants, mentions, needs }
  } catch (error) {
    for (const entity of mentions) store.release(entity)
    throw error
  }
}

const isOpen = (side: ScopeSide): boolean => 'entity' in side && typeof side.entity === 'string'

function testOf(nodes: readonly Node[], shapes: Shapes): Test | null {
  const [first, second] = nodes
  if (first === undefined) return null
  const node: Node = second === undefined ? first : { op: '&&', all: nodes }
  const shape = JSON.stringify(node)
  let test = shapes.get(shape)
  if (test === undefined) shapes.set(shape, (test = compileTest(node)))
  return test
}

export function releaseBody({ mentions }: PolicyBody, store: EntityStore): void {
  for (const entity of mentions) store.release(entity)
}

/** True, false, or why it could not be said. */
export function testBody({ test, constants }: PolicyBody, frame: Frame): boolean | EvaluationError {
  if (test === null) return true
  frame.constants = constants
  try {
    return test(frame)
  } catch (error) {
    if (error instanceof EvaluationError) return error
    throw error
  }
}
