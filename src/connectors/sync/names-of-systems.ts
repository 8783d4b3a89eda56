// Which names principals of several systems carry: only of these can two be likely to be one.
import { comparableName } from '#identity'
import type { PrincipalFact } from '#kernel'
import { hash53 } from './id-set.ts'

type Named = Pick<PrincipalFact, 'system' | 'name' | 'externalId'>

export class NamesOfSystems {
  /** By hash of the name, the only system that has it; `undefined` for several. */
  readonly #systems = new Map<number, string | undefined>()

  add(principal: Named): void {
    const name = hash53(comparableName(principal))
    if (this.#systems.has(name) && this.#systems.get(name) !== principal.system) this.#systems.set(name, undefined)
    else if (!this.#systems.has(name)) this.#systems.set(name, principal.system)
  }

  inSeveral(principal: Named): boolean {
    const name = hash53(comparableName(principal))
    return this.#systems.has(name) && this.#systems.get(name) === undefined
  }
}
