// The steps of a job or of a composite action, each with the environment around it, in file order.
import { isRecord, listOf, member, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { resolveEnvironment } from './expressions.ts'

export interface Step {
  readonly node: UntrustedRecord
  /** `steps/3`, and the step's id or name where it has one. */
  readonly label: string
  readonly uses: string | undefined
  readonly run: string | undefined
  readonly inputs: UntrustedRecord
  readonly environment: UntrustedRecord
  /** An input with `${{ env.NAME }}` resolved where the file itself gives the value. */
  input(name: string): string | undefined
}

const recordOr = (value: unknown): UntrustedRecord => (isRecord(value) ? value : {})

/** `outer`: the `env` maps of the job and the workflow, innermost first. What is no step is passed over. */
export function readSteps(steps: unknown, outer: readonly UntrustedRecord[]): readonly Step[] {
  return listOf(steps).flatMap((node, index) => {
    if (!isRecord(node)) return []
    const inputs = recordOr(member(node, 'with'))
    const environment = recordOr(member(node, 'env'))
    return {
      node,
      label: textIn(node, 'id') ?? `steps/${index}`,
      uses: textIn(node, 'uses'),
      run: textIn(node, 'run'),
      inputs,
      environment,
      input(name) {
        // GitHub compares input names without case
        const key = Object.keys(inputs).find((candidate) => candidate.toLowerCase() === name)
        const value = key === undefined ? undefined : textIn(inputs, key)
        return value === undefined ? undefined : resolveEnvironment(value, [environment, ...outer])
      },
    }
  })
}

export const environmentOf = (node: UntrustedRecord): UntrustedRecord => recordOr(member(node, 'env'))
