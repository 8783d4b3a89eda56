// Takes away what is kept of one person who has left. What was taken is an entry of its own, by which every verifier knows
// exactly what is not to be held against its hash any more.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import { sql, sqlStateOf } from '#db'
import type { LayerDatabase } from '#db'

export interface ErasedOfPerson {
  /** Whose reason and content are gone. */
  readonly entries: number
  readonly versions: number
  readonly identifiers: number
}

/** `dry`: it only counts. Throws Fault('forbidden') for who has not left, Fault('invalid') for what is no person. */
export async function erasePerson(
  evidence: LayerDatabase,
  act: Act,
  input: { readonly person: string; readonly dry: boolean },
): Promise<ErasedOfPerson> {
  const { person, dry } = input
  try {
    return await evidence.transaction(
      async (tx) => {
        const [row] = await tx.query<{ erased: ErasedOfPerson }>(
          sql`select evidence.erase(${person}, ${act.at}, ${act.actor.id}, ${act.reason ?? ''}, ${dry}) as erased`,
        )
        return row?.erased ?? { entries: 0, versions: 0, identifiers: 0 }
      },
      { statementTimeoutMs: 0 },
    )
  } catch (error) {
    const state = sqlStateOf(error)
    if (state === '42501')
      throw new Fault('forbidden', `\`${person}\` is nobody who has left: only what is kept of leavers is erased`, {
        cause: error,
      })
    if (state === '22023') throw new Fault('invalid', 'give the id of a person, and a reason', { cause: error })
    throw error
  }
}
