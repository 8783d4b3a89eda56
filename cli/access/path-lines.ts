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

type Right = Schemas['EffectiveRight']

const isGrant = ({ system }: Right): boolean => system === 'reeve'

/** What a source calls it; of a grant of Reeve, which has no name, what it gives. */
export const rightName = (right: Right): string =>
  isGrant(right) ? right.actions.slice(0, 3).join(', ') : `${right.effect === 'deny' ? 'not ' : ''}${right.permission}`

/** Up to the grant, under whose id stands who asked and who agreed. */
export function wayOf(right: Right): string {
  const { id, permission, until } = right
  const granted = isGrant(right)
    ? [`grant ${id}, ${permission}, ${until === undefined ? 'no end' : `until ${until}`}`]
    : []
  return [...pathLines(right), ...granted].join(' > ') || 'direct'
}
