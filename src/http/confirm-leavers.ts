// Who may say that leavers who were held did leave: a person who answers for the roll, and no machine that feeds it.
import { covers, noteRefusal } from '#access/records'
import { Fault } from '#kernel'
import type { Caller } from './caller.ts'
import type { Doors } from './doors.ts'

export function mayConfirmLeavers({ kind, roles, scopes }: Pick<Caller, 'kind' | 'roles' | 'scopes'>): boolean {
  return kind === 'person' && roles.has('identity-admin') && covers(scopes, 'write')
}

/**
 * SECURITY: else the machine that sends a broken or hostile feed would confirm it itself. Throws Fault('forbidden'), and
 * leaves an entry.
 */
export async function assertMayConfirmLeavers(
  doors: Doors,
  caller: Caller,
  operation: string,
  confirmLeavers: boolean | undefined,
): Promise<void> {
  if (confirmLeavers !== true || mayConfirmLeavers(caller)) return
  const { actor, tokenId } = caller
  await noteRefusal(doors.access, actor, { operation, code: 'forbidden', tokenId, subjects: [] })
  throw new Fault(
    'forbidden',
    'only a person who is identity-admin confirms leavers, with a token of the scope `write`: send it without `confirmLeavers`, and ask one of them to look',
  )
}
