// What was opened is closed in reverse order: at the stop, and where a start fails half-way.

export class Undo {
  #steps: (() => Promise<void>)[] = []
  #running: Promise<void> | undefined

  later(step: () => Promise<void>): void {
    this.#steps.unshift(step)
  }

  /** Once, whoever asks how often. A step that fails keeps no other from being done; the first failure is thrown. */
  all(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    const failures: unknown[] = []
    for (const step of this.#steps) {
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
