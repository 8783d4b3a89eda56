// A table of connectors for worker threads in tests: the echo, and one that misbehaves as the file's text tells it.
import type { Observation } from '#kernel'
import type { Connector } from '../port.ts'
import { echo } from './tree-in-test.ts'

const misbehave: Connector = {
  ...echo,
  id: 'misbehave',
  accepts: (file) => file.text().startsWith('DO '),
  *discover(file): Generator<Observation> {
    const what = file.text().trim()
    if (what === 'DO hang') for (;;) Math.sqrt(2)
    if (what === 'DO regex') /^(a+)+$/.test(`${'a'.repeat(60)}!`)
    if (what === 'DO exit') process.exit(3)
    if (what === 'DO recurse')
      (function down(): number {
        return down() + 1
      })()
    if (what === 'DO memory') {
      const held: number[][] = []
      for (;;) held.push(Array.from({ length: 1_000_000 }, (_, index) => index))
    }
    if (what === 'DO function') yield { type: 'blind_spot', connector: 'x', message: (() => '') as unknown as string }
    if (what === 'DO throw') throw new Error('CANARY')
  },
}

export const CONNECTORS: readonly Connector[] = [echo, misbehave]
