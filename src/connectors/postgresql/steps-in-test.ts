// Runs the steps of one operation in order, as a plan does: looked at, done unless it is so already, verified.
import type { Looked, OfferedCredential, Operation, StepVerdict, TargetCall } from '#connectors/target'
import { postgresqlTarget } from './index.ts'

export interface CarriedOut {
  readonly verdicts: Record<string, StepVerdict>
  readonly looked: Record<string, Looked>
}

/** Goes on after what is unproven, so that every step's verdict can be seen; stops at what is blocked. */
export async function carriedOut(
  operation: Operation,
  call: TargetCall,
  account: string,
  credential?: OfferedCredential,
): Promise<CarriedOut> {
  const verdicts: Record<string, StepVerdict> = {}
  const looked: Record<string, Looked> = {}
  for (const step of postgresqlTarget.operations[operation]) {
    const base = {
      ...call,
      planId: 'pln_test',
      subject: { account },
      earlier: verdicts,
      found: Object.fromEntries(Object.entries(looked).map(([name, { before }]) => [name, before])),
      ...(credential !== undefined && { credential }),
    }
    const found = await step.look(base)
    looked[step.name] = found
    if (found.blocked !== undefined) break
    const whole = { ...base, before: found.before }
    if (!found.already) await step.act(whole)
    verdicts[step.name] = await step.verify(whole)
  }
  return { verdicts, looked }
}

/** Of a verdict; `{}` where it has none. */
export function factsIn(verdict: StepVerdict | undefined): Record<string, unknown> {
  const facts = verdict === undefined || verdict.effect === 'failed' ? undefined : verdict.facts
  return typeof facts === 'object' && facts !== null ? (facts as Record<string, unknown>) : {}
}
