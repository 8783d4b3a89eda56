// What a repository says of who saw a secret, told once: a later sync that says the same adds nothing.
import type { Act, Id } from '#kernel'
import { inBatches, sql } from '#db'
import { writeExposures } from '../credential/record-exposure.ts'
import type { IdentityLayer } from '../operation.ts'

/** Returns how many are new. What names nobody or nothing of the roll is left out. */
export async function recordAuthorsSaw(
  identity: IdentityLayer,
  act: Act,
  sourceId: string,
  seen: readonly { readonly personId: string; readonly credentialId: string }[],
): Promise<number> {
  let recorded = 0
  for (const batch of inBatches(seen)) {
    recorded += await identity.db.transaction(async (tx) => {
      const known = await tx.query<{ personId: string; credentialId: string }>(sql`
        select e.person_id as "personId", e.credential_id as "credentialId"
        from unnest(${batch.map(({ personId }) => personId)}::text[],
                    ${batch.map(({ credentialId }) => credentialId)}::text[]) as given (person_id, credential_id)
        join identity.exposure e on e.person_id = given.person_id and e.credential_id = given.credential_id
          and e.how = 'saw' and e.source = ${sourceId}`)
      const told = new Set(known.map(({ personId, credentialId }) => `${personId} ${credentialId}`))
      const news = batch
        .filter(({ personId, credentialId }) => !told.has(`${personId} ${credentialId}`))
        .map(({ personId, credentialId }) => ({
          personId: personId as Id<'person'>,
          credentialId: credentialId as Id<'credential'>,
          how: 'saw' as const,
          source: sourceId,
          // when they did is not said; that they had by now is known
          at: act.at,
        }))
      return news.length === 0 ? 0 : (await writeExposures(tx, act, news)).recorded
    })
  }
  return recorded
}
