// The one secret of a file for an account that is known: read as `contain` reads it, and never guessed. Pure.
// SECURITY: what stood beside another account, or another server, is not used here.
import { Fault } from '#kernel'
import { leakedSecrets } from './leaked-secret.ts'
import type { LeakedSecret } from './leaked-secret.ts'

interface Address {
  readonly host: string
  readonly port: number
}

export interface AccountAt {
  readonly account: string
  /** The target's, and those of its entrances. */
  readonly addresses: readonly Address[]
}

export const NOT_UNDERSTOOD =
  'the text was not understood, so no secret can be told from the rest: give a file with the one value alone, and say `raw` (--raw) where such a value holds quotes, braces, `=` or `://`'

/** Throws Fault('usage') where it is not one secret. */
export function secretFor(text: string, { account, addresses }: AccountAt, raw = false): LeakedSecret {
  const found = leakedSecrets(text, raw)
  if (found.length === 0) throw new Fault('usage', NOT_UNDERSTOOD)
  const own = found.filter((one) => one.account === undefined || one.account === account)
  if (own.length === 0)
    throw new Fault(
      'usage',
      `the secret stood beside the account \`${found[0]?.account ?? ''}\`, and not \`${account}\``,
    )
  const here = own.filter((one) => stoodBeside(addresses, one))
  const [first, ...others] = here.some((one) => one.account === account)
    ? here.filter((one) => one.account === account)
    : here
  if (first === undefined)
    throw new Fault('usage', 'the secret stood beside a server that is none of this target, and is not sent there')
  if (others.some(({ secret }) => secret !== first.secret))
    throw new Fault('usage', 'the text holds several secrets: give a file with the one that is meant')
  return first
}

/** Also where it stood beside no host. */
export const stoodBeside = (addresses: readonly Address[], { host, port }: Partial<LeakedSecret>): boolean =>
  host === undefined || addresses.some((one) => one.host.toLowerCase() === host.toLowerCase() && one.port === port)
