// What a receipt says of the credential: whether it was offered, and whether it was tried once the account was changed.
import type { Receipt } from './plan-lines.ts'

type Step = Receipt['data']['steps'][number]

const TRY = /^try_credential/

export function credentialInWords({ data: { credentialOffered, planId, steps } }: Receipt): string {
  if (!credentialOffered) return 'not offered: nothing was tried with it'
  const tries = steps.filter(({ name, effect }) => TRY.test(name) && effect !== 'not done')
  const last = tries.at(-1)
  if (last === undefined || steps.some(({ name, effect }) => TRY.test(name) && effect === 'not done'))
    return tries.some(wasTried)
      ? 'offered, and tried before; the plan ended before it was tried after'
      : 'offered, not tried'
  if (wasTried(last)) return 'offered, and tried'
  const before = tries.some(wasTried) ? 'offered, and tried before, not after' : 'offered, not tried'
  return `${before}: no server that carries the plan has it in memory any more; reeve plan run ${planId} --secret-file FILE tries it`
}

/** Who went past other ways that were open, when and why. */
export const acceptedInWords = ({ data: { acceptedWays } }: Receipt): string | undefined =>
  acceptedWays &&
  `by ${acceptedWays.by} at ${acceptedWays.at}, because: ${acceptedWays.because} (read in receipt ${acceptedWays.receiptId})`

/** A prober writes down what each place answered. */
const wasTried = ({ facts }: Step): boolean =>
  typeof facts === 'object' && facts !== null && 'places' in facts && Array.isArray(facts.places)
