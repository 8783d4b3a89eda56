// The roll: importing into it against COPY of the same rows, and reading from it at 10,000 and at 1,000,000 principals.
import type { Bench } from './figure.ts'
import { importing } from './roll-import.ts'
import { reads } from './roll-reads.ts'

export const roll: Bench = {
  name: 'roll',
  about: 'an import of 100,000 principals against COPY of its rows; reads at 1,000,000 principals against 10,000',
  defaultScale: 0.1,
  async *run(options) {
    yield* importing(options)
    yield* reads(options)
  },
}
