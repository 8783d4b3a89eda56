// Gives a principal the identifiers that it turned out to have, so that a sync recognises it.
import { Fault } from '#kernel'
import type { Act, Ref } from '#kernel'
import type { IdentityLayer } from '../operation.ts'
import { REFS_MAX, textOf } from './limits.ts'
import { changePrincipal } from './patch-principal.ts'
import type { CurrentPrincipal, OfPrincipal } from './patch-principal.ts'
import { claimRefs, refsOf } from './refs.ts'

/**
 * For what was requested or registered before its native identifier was known. Throws Fault('conflict') where an
 * identifier is another record's, or where it has an external id already.
 */
export async function identifyPrincipal(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly externalId?: string; readonly refs?: readonly Ref[] },
): Promise<CurrentPrincipal> {
  const externalId = input.externalId === undefined ? undefined : textOf('externalId', input.externalId)
  return await changePrincipal(identity, act, input, async ({ id, data }, tx) => {
    if (externalId !== undefined && data.externalId !== '' && data.externalId !== externalId) {
      throw new Fault('conflict', `its external id is \`${data.externalId}\`: register another principal instead`)
    }
    const before = new Set(data.refs)
    const added = refsOf(data.system, externalId ?? '', input.refs).filter((each) => !before.has(each))
    if (added.length === 0 && externalId === undefined) throw new Fault('unprocessable', 'say at least one identifier')
    if (before.size + added.length > REFS_MAX) {
      throw new Fault('unprocessable', `a principal may have ${REFS_MAX} identifiers at most`)
    }
    await claimRefs(tx, id, added)
    return {
      patch: (record) => ({
        ...record,
        ...(externalId === undefined ? {} : { externalId }),
        refs: [...new Set([...record.refs, ...added])].sort(),
      }),
      words: { type: 'principal.identified', content: { added: added.length } },
    }
  })
}
