// A server whose clock is not that of its target, nor of the server before it.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PlanWorld } from './plan-world.ts'

export const CLOCKS = ['behind', 'ahead'] as const
export type Clock = (typeof CLOCKS)[number]

const SKEW_MS: Readonly<Record<Clock, number>> = { behind: -600_000, ahead: 600_000 }

/** For the environment of a server: in it, it is always ten minutes later, or earlier. */
export async function skewed({ folder }: Pick<PlanWorld, 'folder'>, clock: Clock): Promise<Record<string, string>> {
  const ms = SKEW_MS[clock]
  const shifted = join(folder, `${clock}.mjs`)
  await writeFile(shifted, shiftedBy(ms))
  return { NODE_OPTIONS: `--import=${shifted}` }
}

/** A module that is loaded before the server. */
const shiftedBy = (ms: number): string => `
  const Real = Date
  globalThis.Date = class extends Real {
    constructor(...given) {
      if (given.length === 0) super(Real.now() + ${ms})
      else super(...given)
    }
    static now() {
      return Real.now() + ${ms}
    }
  }`
