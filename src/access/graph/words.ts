// What a right is called and how it comes to its holder: the same words stand on thousands of rows.
import { Texts } from './columns.ts'

export interface RightWords {
  readonly system: string
  readonly permission: string
  readonly path: readonly string[]
}

export class Words {
  readonly #texts = new Texts()

  add({ system, permission, path }: RightWords): number {
    return this.#texts.add(JSON.stringify([system, permission, path]))
  }

  of(number: number): RightWords {
    const [system, permission, path] = JSON.parse(this.#texts.text(number)) as [string, string, readonly string[]]
    return { system, permission, path }
  }
}
