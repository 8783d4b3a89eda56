// A token as the API answers it. The value is in one answer only.
import { z } from 'zod'
import { SCOPE_NAMES } from '#access/records'
import { instant, pageOf } from './fields.ts'

const TOKEN = {
  id: z.string(),
  principalId: z.string().nullable(),
  personId: z.string().nullable(),
  bootstrap: z.boolean(),
  credentialId: z.string().nullable().describe('the record of it in the roll; API clients only'),
  label: z.string(),
  scopes: z.array(z.enum(SCOPE_NAMES)),
  createdAt: instant,
  createdBy: z.string(),
  expiresAt: instant,
  revokedAt: instant.nullable(),
  revokedBy: z.string().nullable(),
  usedOn: z.string().nullable().describe('the last day of use; finer than that is not kept'),
  knownTo: z
    .array(z.string())
    .describe('natural persons who may know its value beside its subject: they count as if they had acted with it'),
}

export const Token = z.object(TOKEN).meta({ id: 'Token' })
export const TokenPage = pageOf('TokenPage', Token)
export const NewToken = z
  .object({ token: Token, value: z.string().describe('shown this once') })
  .meta({ id: 'NewToken' })
export const Administrators = z
  .object({
    administrators: z.array(
      z.object({
        personId: z.string(),
        roles: z.array(z.string()),
        token: Token,
        value: z.string().describe('shown this once'),
      }),
    ),
    bootstrapEnded: z.boolean().describe('both administrations are held: the bootstrap token is good no more'),
  })
  .meta({ id: 'FirstAdministrators' })
