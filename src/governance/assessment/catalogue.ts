// All controls, in the order in which they are shown. A new one is declared in the file of what it is about.
import type { AssertedControl } from './control.ts'
import type { Population } from './rows.ts'
import { HOLDERS, LOG, TOKENS, TOLD, VERSIONS } from './controls/administration.ts'
import { BREAK_GLASS } from './controls/break-glass.ts'
import { CREDENTIALS } from './controls/credentials.ts'
import { ENDS, PLANS, RESTRAINTS, TARGETS, UNPROVEN_GRANTS } from './controls/effect.ts'
import { LIFE, REQUESTS } from './controls/life.ts'
import { OWNERSHIP } from './controls/ownership.ts'
import { GRANTS, POLICIES } from './controls/rights.ts'

export { UNDECIDABLE } from './controls/undecidable.ts'

/** Any control that a query decides. Each is handed rows of the population that it declares and of no other. */
export type AnyControl = { [P in Population]: AssertedControl<P> }[Population]

export const CONTROLS: readonly AnyControl[] = [
  ...OWNERSHIP,
  ...LIFE,
  ...REQUESTS,
  ...CREDENTIALS,
  ...BREAK_GLASS,
  ...HOLDERS,
  ...TOKENS,
  ...GRANTS,
  ...POLICIES,
  ...PLANS,
  ...ENDS,
  ...UNPROVEN_GRANTS,
  ...TARGETS,
  ...RESTRAINTS,
  ...VERSIONS,
  ...TOLD,
  ...LOG,
]
