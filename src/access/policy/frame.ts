// What a compiled policy reads while it is evaluated: the request, and the constants of the policy at hand.
import type { Constant } from './lift.ts'
import type { Entity, RecordValue } from './value.ts'

export interface Frame {
  principal: Entity
  action: Entity
  resource: Entity
  context: RecordValue
  constants: readonly Constant[]
}
