// The whole roll for who judges it: every record of a kind, now or at an instant of the past.
import type { Id, Instant } from '#kernel'
import { everyCurrent } from '#db/history'
import type { Current } from '#db/history'
import type { IdentityLayer } from '../operation.ts'
import { readKnownCredentials } from '../people/known-credentials.ts'
import type { KnownCredential } from '../people/known-credentials.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import type { PersonRecord, VendorRecord } from '../record/people-records.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import type { IdentityRequest, OfferRecord } from '../record/proposal-records.ts'
import { CREDENTIAL, OFFER, PERSON, PRINCIPAL, REQUEST, VENDOR } from '../record/tables.ts'

/** In the order of ids; with `at` as the roll held it then, by what was known then. Not for lists that people page. */
export const everyPrincipal = (identity: IdentityLayer, at?: Instant): AsyncIterable<Current<PrincipalRecord>> =>
  everyCurrent(identity.db, PRINCIPAL, at)
export const everyCredential = (identity: IdentityLayer, at?: Instant): AsyncIterable<Current<CredentialRecord>> =>
  everyCurrent(identity.db, CREDENTIAL, at)
export const everyPerson = (identity: IdentityLayer, at?: Instant): AsyncIterable<Current<PersonRecord>> =>
  everyCurrent(identity.db, PERSON, at)
export const everyVendor = (identity: IdentityLayer, at?: Instant): AsyncIterable<Current<VendorRecord>> =>
  everyCurrent(identity.db, VENDOR, at)
export const everyOffer = (identity: IdentityLayer, at?: Instant): AsyncIterable<Current<OfferRecord>> =>
  everyCurrent(identity.db, OFFER, at)
export const everyIdentityRequest = (identity: IdentityLayer, at?: Instant): AsyncIterable<Current<IdentityRequest>> =>
  everyCurrent(identity.db, REQUEST, at)

/** What each of these people knew, as it is known now. */
export async function knownToEach(
  identity: IdentityLayer,
  people: readonly Id<'person'>[],
): Promise<Map<string, KnownCredential[]>> {
  return await identity.db.transaction(async (tx) => await readKnownCredentials(tx, people), { readOnly: true })
}
