// A way as people read it: step by step, then how the right comes to who holds it.
import type { Schemas } from '../remote/server.ts'

interface Way {
  readonly steps: readonly Schemas['AccessStep'][]
  readonly path: readonly string[]
}

export const pathLines = ({ steps, path }: Way): string[] => [
  ...steps.map(({ kind, how, certain, open }) => {
    const words = kind === 'escalation' ? `can ${how}` : how
    return certain || words.includes(', if ') ? words : `${words}, if ${open.join(' and ')}`
  }),
  ...path,
]
