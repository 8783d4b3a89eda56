// What is kept of a person who has left is taken away, on the machine of the server.
import { erasePerson } from '#evidence'
import type { ErasedOfPerson } from '#evidence'
import { Fault, REEVE, secretIn, systemClock } from '#kernel'
import { atDesk } from './evidence-desk.ts'
import type { DeskOptions } from './evidence-desk.ts'

/** `dry`: it only counts. Faults: forbidden (who has not left), invalid, unprocessable. */
export async function eraseOfPerson(
  options: DeskOptions & { readonly person: string; readonly reason: string; readonly dry: boolean },
): Promise<ErasedOfPerson> {
  const { person, reason, dry } = options
  const secret = secretIn(reason)
  if (secret !== undefined) throw new Fault('unprocessable', `\`--reason\` holds ${secret}: leave it out`)
  return await atDesk(
    options,
    async ({ database }) =>
      await erasePerson(
        database.layer('evidence'),
        { actor: { id: REEVE }, at: systemClock(), reason },
        { person, dry },
      ),
  )
}
