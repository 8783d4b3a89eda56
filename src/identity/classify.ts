// Environment, function, criticality and purpose, by rules that can be read and overridden. Unknown stays unknown.
import type { Derived, Principal } from './principal.ts'

export type Environment = 'production' | 'staging' | 'development' | 'test' | 'sandbox'
export type Criticality = 'low' | 'medium' | 'high' | 'critical'

export interface Classification {
  readonly environment: Derived<Environment>
  readonly function: Derived<string>
  readonly criticality: Derived<Criticality>
  readonly purpose: Derived<string>
}

/** `tier` is the privilege tier that the access layer worked out. */
export function classify(principal: Principal, tier: string): Classification {
  void tier
  const unknown = { value: 'unknown', reason: 'no rule applies' } as const
  const purpose = principal.purposeHints[0]
  return {
    environment: unknown,
    function: unknown,
    criticality: unknown,
    purpose:
      purpose === undefined
        ? { value: 'unknown', reason: 'no source states one' }
        : { value: purpose.text, reason: purpose.reason },
  }
}
