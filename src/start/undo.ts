// What was opened is closed in reverse order: at the stop, and where a start fails half-way.

export class Undo {
  readonly #say: (event: string) => void
  #steps: { readonly what: string; readonly step: () => Promise<void> }[] = []
  #running: Promise<void> | undefined

  /** `say` is told what is being closed: where a stop hangs, the last word says at what. */
  constructor(say: (event: string) => void) {
    this.#say = say
  }

  later(what: string, step: () => Promise<void>): void {
    this.#steps.unshift({ what, step })
  }

  /** Once, whoever asks how often. A step that fails keeps no other from being done; the first failure is thrown. */
  all(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    const failures: unknown[] = []
    for (const { what, step } of this.#steps) {
      this.#say(`closing ${what}`)
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    this.#steps = []
    if (failures.length > 0) throw failures[0]
  }
}
