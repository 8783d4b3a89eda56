// The small mapping file that turns any table into principals: which column means what.
import { z } from 'zod'
import { PRINCIPAL_KINDS, SYSTEMS } from '#kernel'

const column = z.string().min(1).describe('a column, by its header')

/** `columns` names headers; `constants` gives what is the same in every row. A row without `externalId` is a problem. */
export const csvMappingSchema = z
  .strictObject({
    delimiter: z.string().length(1).optional().describe('one character; found by itself when not given'),
    system: z.enum(SYSTEMS).default('csv').describe('the system whose identities the table lists'),
    kind: z.enum(PRINCIPAL_KINDS).default('service_account').describe('the kind of principal when no column says'),
    columns: z
      .strictObject({
        externalId: column.describe('the identifier by which its own system knows it'),
        name: column,
        kind: column.describe(`one of ${PRINCIPAL_KINDS.join(', ')}`),
        owner: column.describe('a person or team: e-mail, handle or name; several separated by `;`'),
        purpose: column,
        environment: column,
        vendor: column,
        enabled: column.describe('yes or no, true or false, active or disabled'),
        createdAt: column,
        lastUsedAt: column,
        expiresAt: column,
        permission: column.describe('one right as that system calls it; several rows of one identity add up'),
        resource: column.describe('what the right is on'),
        level: column.describe('read, write or admin'),
      })
      .partial()
      .required({ externalId: true }),
  })
  .describe('how a table of identities is read')

export type CsvMapping = z.infer<typeof csvMappingSchema>
