// A credential as the API answers it: never a value.
import { z } from 'zod'
import { instant, pageOf } from './fields.ts'
import { recordShape } from './principal.ts'

const CREDENTIAL = recordShape(
  z.object({
    type: z.string(),
    refs: z.array(z.string()),
    principalId: z.string().optional(),
    alsoOf: z.array(z.string()),
    consumers: z.array(z.string()),
    fingerprints: z.array(z.object({ keyId: z.string(), value: z.string() })).describe('HMAC under the key of that id'),
    hint: z.string().optional(),
    name: z.string().optional(),
    enabled: z.boolean().optional(),
    locations: z.array(
      z.object({
        file: z.string(),
        startLine: z.int().optional(),
        commit: z.string().optional(),
        object: z.string().optional(),
        connector: z.string(),
        exposure: z.string(),
        owners: z
          .array(z.object({ kind: z.enum(['person', 'team']), id: z.string() }))
          .optional()
          .describe('who is stated to answer for the file (CODEOWNERS), of those that the roll has'),
      }),
    ),
    locationCount: z.int(),
    attributes: z.record(z.string(), z.unknown()),
    createdAtSource: instant.optional(),
    lastRotatedAt: instant.optional(),
    expiresAt: instant.optional(),
    rotateWithinDays: z.int(),
    state: z.enum(['live', 'rotated', 'leaked', 'revoked']),
    leak: z.object({ at: instant, by: z.string(), where: z.string() }).optional(),
    replacedBy: z.string().optional(),
    revocation: z.object({ at: instant, by: z.string(), reason: z.string() }).optional(),
    effect: z.enum(['not_applied', 'unproven', 'verified']).describe('what a probe has seen at the target'),
    source: z.string(),
    goneAt: instant.optional(),
    reappearedAt: instant.optional(),
  }),
)
export const Credential = z.object(CREDENTIAL).meta({ id: 'Credential' })
export const CredentialPage = pageOf('CredentialPage', Credential)
export const Rotated = z
  .object({ ...CREDENTIAL, replacement: Credential.optional().describe('what took its place') })
  .meta({ id: 'RotatedCredential' })

const Exposure = z
  .object({
    id: z.string(),
    personId: z.string(),
    credentialId: z.string(),
    how: z.enum(['created', 'held', 'saw']),
    source: z.string(),
    at: instant,
    recordedAt: instant,
    entryId: z.string(),
  })
  .meta({ id: 'Exposure' })
export const ExposurePage = pageOf('ExposurePage', Exposure)
export const ExposedTo = z
  .object({
    exposures: z.array(Exposure),
    sourcesWatching: z.array(z.object({ source: z.string(), how: z.string(), since: instant, until: instant })),
    unwatched: z.array(z.string()).describe('ways of knowing that no source watched over its whole life'),
    until: instant,
    complete: z.boolean().describe('true only where who is not listed did not know it'),
  })
  .meta({ id: 'ExposedTo' })
