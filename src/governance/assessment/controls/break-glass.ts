// Emergencies: whoever took a right without asking is looked at by somebody else, soon.
import { csf, daysBefore, HOLDS, violates } from '../control.ts'
import type { AssertedControl } from '../control.ts'

export const BREAK_GLASS: readonly AssertedControl<'breakGlass'>[] = [
  {
    id: 'break-glass-reviewed',
    title: 'Each use of break-glass is reviewed by another person',
    statement: 'no use of break-glass stays without the review of another person for longer than the days that are set',
    query: `break-glass where state = 'open' and at < :at - :breakGlassDays`,
    references: csf('PR.AA-05', 'GV.RR-02'),
    over: 'breakGlass',
    applies: () => true,
    judge: ({ data }, { at, settings }) =>
      data.state === 'open' && data.at < daysBefore(at, settings.breakGlassDays)
        ? violates(`used on ${data.at}, and nobody reviewed it`)
        : HOLDS,
    shows: ({ data }) => ({
      principal: data.principalId,
      used_by: data.usedBy,
      at: data.at,
      verdict: data.review?.verdict,
    }),
  },
]
