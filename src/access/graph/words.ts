// What a right is called and how it comes to its holder: the same words stand on thousands of rows.
import { BETWEEN, Texts } from './columns.ts'

export interface RightWords {
  readonly system: string
  readonly permission: string
  readonly path: readonly string[]
}

export class Words {
  readonly #texts = new Texts()

  add({ system, permission, path }: RightWords): number {
    return this.#texts.add([system, permission, ...path].join(BETWEEN))
  }

  of(number: number): RightWords {
    const [system = '', permission = '', ...path] = this.#texts.text(number).split(BETWEEN)
    return { system, permission, path }
  }
}
