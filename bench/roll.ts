// The roll: importing into it against COPY of the same rows, and reading from it at 10,000 and at 1,000,000 principals.
import type { Bench } from './figure.ts'
import { reads } from './roll-reads.ts'

export const roll: Bench = {
  name: 'roll',
  about: 'reads of a roll of 1,000,000 principals against one of 10,000',
  defaultScale: 0.1,
  async *run(options) {
    yield* reads(options)
  },
}
