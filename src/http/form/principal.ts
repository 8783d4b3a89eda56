// A principal as the API answers it.
import { z } from 'zod'
import { PRINCIPAL_KINDS } from '#kernel'
import { PRINCIPAL_STATES, PRIVILEGE_TIERS } from '#identity/roll'
import { instant, PARTY, pageOf } from './fields.ts'

const stated = (name: string, value: z.ZodType): z.ZodType =>
  z
    .object({
      value,
      from: z.enum(['stated', 'derived']).describe('said by a person, or worked out by rules; the first outranks'),
      reason: z.string(),
    })
    .meta({ id: name })

const StatedText = stated('StatedText', z.string())
const Owner = z
  .object({
    party: PARTY,
    from: z.enum(['stated', 'derived']).describe('`derived` is a proposal that nobody accepted yet'),
    reason: z.string(),
  })
  .meta({ id: 'Owner' })
const Decided = z.object({ by: z.string(), at: instant, reason: z.string() }).meta({ id: 'Decided' })

/** What is versioned. Fields that a source or a later release adds are in `attributes`. */
const PrincipalData = z
  .object({
    kind: z.enum(PRINCIPAL_KINDS),
    nativeType: z.string(),
    system: z.string(),
    externalId: z.string(),
    name: z.string(),
    refs: z.array(z.string()),
    enabled: z.boolean().optional(),
    createdAtSource: instant.optional(),
    labels: z.record(z.string(), z.string()),
    attributes: z.record(z.string(), z.unknown()),
    provenance: z.object({
      how: z.enum(['discovered', 'requested', 'registered', 'feed', 'built_in']),
      source: z.string(),
      connector: z.string().optional(),
      file: z.string().optional(),
      object: z.string().optional(),
      createdBy: z.string().optional(),
      firstSeenAt: instant,
    }),
    workloadScope: z.string().optional(),
    vendorId: z.string().optional(),
    integration: z.string().optional(),
    personId: z.string().optional(),
    stated: z.array(z.string()).optional(),
    environment: StatedText,
    function: StatedText,
    criticality: StatedText,
    tier: stated('StatedTier', z.enum(PRIVILEGE_TIERS)),
    purpose: StatedText.optional(),
    owner: Owner.optional(),
    backups: z.array(Owner),
    custodians: z.array(z.object({ consumerId: z.string(), party: PARTY })),
    state: z.enum(PRINCIPAL_STATES),
    effect: z
      .enum(['not_applied', 'unproven', 'verified'])
      .describe('what a probe has seen at the target; a record is no effect'),
    expiresAt: instant.optional(),
    nextReviewAt: instant.optional(),
    attestation: z.object({ by: z.string(), at: instant, because: z.string() }).optional(),
    binding: z.object({ how: z.string(), reason: z.string(), at: instant, by: z.string() }).optional(),
    exception: z
      .object({
        reason: z.string(),
        until: instant,
        by: z.string(),
        cause: z.string(),
        gaps: z.array(z.string()).optional().describe('what it excuses; absent: everything'),
      })
      .optional(),
    quarantine: z.object({ by: z.string(), at: instant, reason: z.string(), from: z.string().optional() }).optional(),
    retirement: Decided.optional(),
    orphanedAt: instant.optional(),
    formerOwner: Owner.optional(),
    goneAt: instant.optional(),
    reappearedAt: instant.optional(),
    mergedInto: z.string().optional(),
  })
  .meta({ id: 'PrincipalData' })

/** What every record has around its data. */
export const recordShape = (data: z.ZodType): z.ZodRawShape => ({
  id: z.string(),
  version: z.int().min(1).describe('also the `ETag`'),
  validFrom: instant.optional(),
  recordedAt: instant,
  hash: z.string().optional().describe('SHA-256 of the canonical JSON of the version; its entry carries it too'),
  data,
})

export const recordOf = (name: string, data: z.ZodType): z.ZodType => z.object(recordShape(data)).meta({ id: name })

const PRINCIPAL = {
  ...recordShape(PrincipalData),
  gaps: z.array(z.string()).describe('what it lacks to be active'),
  allowedActions: z.array(z.string()).describe('the operations that you may call on it now'),
}

export const Principal = z.object(PRINCIPAL).meta({ id: 'Principal' })
export const RetiredPrincipal = z
  .object({
    ...PRINCIPAL,
    liveCredentials: z
      .array(z.object({ id: z.string(), type: z.string() }))
      .describe('what still works as far as the roll knows; the first thousand'),
    liveCredentialCount: z.int(),
  })
  .meta({ id: 'RetiredPrincipal' })
export const PrincipalPage = pageOf('PrincipalPage', Principal)

const Version = z
  .object({
    version: z.int(),
    recordedAt: instant,
    actor: z.string().describe('who'),
    reason: z.string().nullable().describe('why'),
    entryId: z.string().describe('the entry of evidence that was written with it'),
    hash: z.string(),
    stretches: z.array(z.object({ validFrom: instant, validTo: instant.nullable() })),
    changes: z.array(z.object({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })),
    data: z.unknown(),
  })
  .meta({ id: 'Version' })
export const VersionPage = pageOf('VersionPage', Version)
