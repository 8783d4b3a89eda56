// The scan's JSON contract, stated once: the types that the writers use and the published JSON Schema both come from
// it. Within schema version 1 members are only ever added.
import { z } from 'zod'

export const SCHEMA_VERSION = '1.0'
const SCHEMA_ID = 'urn:reeve:schema:scan-report:1'

const text = (what: string) => z.string().describe(what)
const instant = (what: string) => z.string().describe(`${what}; ISO 8601 in UTC`)
const count = (what: string) => z.int().min(0).describe(what)
const line = (what: string) => z.int().min(1).describe(`${what}; 1-based`)
const orNull = <T extends z.ZodType>(shape: T) => shape.nullable().describe(shape.description ?? '')
const anyJson = (what: string) => z.record(z.string(), z.json()).describe(what)
const severity = z.enum(['info', 'low', 'medium', 'high', 'critical']).describe('how soon to act')
const tier = z.enum(['none', 'low', 'medium', 'high', 'admin', 'unknown']).describe('privilege tier')
const confidence = z.number().min(0).max(1).describe('0 to 1')

const location = z
  .object({
    file: text('relative to the scanned path, forward slashes; `archive.zip!/inner/path` for a member of an archive'),
    startLine: line('first line').optional(),
    endLine: line('last line, inclusive').optional(),
    commit: text('the git commit in which it was found, when it is not (only) in the working tree').optional(),
  })
  .describe('a place in the input')

const sighting = location.extend({
  exposure: z
    .enum(['embedded', 'public', 'record', 'reference'])
    .describe(
      'embedded: the secret value itself stands there; public: a public key or a certificate; record: a system’s own record that it exists; reference: a name by which a consumer is given it',
    ),
  name: text('the variable, attribute or secret name by which the source calls it').optional(),
  rule: text('the rule that recognised an embedded secret').optional(),
  confidence: confidence.describe('how sure the rule is that this is a live secret').optional(),
})

const ownerCandidate = z
  .object({
    who: text('the person or team as known to the people feed, else as the source spells it'),
    how: text('what kind of statement it is: `tag`, `codeowners`, `people_feed`, …'),
    reason: text('the statement in words'),
    confidence,
    status: z.enum(['active', 'leaver', 'on_leave', 'unknown']).describe('what the people feed says'),
  })
  .describe('somebody who may answer for the principal')

const principal = z
  .object({
    id: text('stable: the same identity has the same id in every scan'),
    kind: text(
      'workload, service_account, api_client, oauth_app, ai_agent, ci_pipeline, machine, human; group is listed because rights flow through it',
    ),
    nativeType: text('the source’s own word: `iam-role`, `ServiceAccount`, `workflow-job`'),
    name: text('its name'),
    source: text('the system that defines it: `aws`, `kubernetes`, `github`, …'),
    externalId: text(
      'the native identifier: the ARN, `system:serviceaccount:NAMESPACE:NAME`, `owner/repo:path#job`, …',
    ),
    refs: z.array(z.string()).describe('every explicit identifier by which some source knows it; sorted'),
    accounts: z
      .array(z.object({ system: text('the system'), externalId: text('its identifier there') }))
      .describe('its presence in each system, the defining one first'),
    mentionedOnly: z.boolean().describe('true when no input defines it: others only refer to it'),
    environment: text('production, staging, development, test, sandbox or unknown'),
    environmentReason: text('why'),
    privilege: tier.describe('the privilege tier; admin: can give itself any right, at once or by an escalation path'),
    privilegeReasons: z.array(z.string()).describe('why, most telling first'),
    powers: z
      .array(z.object({ power: text('its name: `secrets:read-all`, …'), detail: text('what gives it, and over what') }))
      .describe('named powers that it holds'),
    unresolvedPolicies: z
      .array(z.string())
      .describe('policies that it has and that the input does not hold: what they give is unknown'),
    owner: z.string().nullable().describe('who answers for it; null when nobody is known to'),
    ownerReason: z.string().nullable().describe('what says so'),
    ownerConfidence: confidence.nullable().describe('how sure that is'),
    ownerStatus: z.enum(['active', 'leaver', 'on_leave', 'unknown']).nullable().describe('what the people feed says'),
    ownerBackup: z.string().nullable().describe('who answers when the owner cannot; null when nobody is known to'),
    ownerCandidates: z.array(ownerCandidate).describe('best first, the owner included'),
    purpose: text('what it is for, or unknown'),
    purposeReason: text('what says so'),
    function: text('what sort of work it does, or unknown'),
    functionReason: text('why'),
    criticality: text('low, medium, high, critical or unknown: to the business'),
    criticalityReason: text('why'),
    vendor: z.string().nullable().describe('the third party that runs it'),
    enabled: z.boolean().nullable().describe('null when no source says'),
    createdAt: orNull(instant('when it was created')),
    lastUsedAt: orNull(instant('the latest use that a source states; null means unknown, not unused')),
    expiresAt: orNull(instant('when it ends')),
    labels: z.record(z.string(), z.string()).describe('tags and labels as the sources state them'),
    attributes: anyJson('what the connector says beside; see the connector’s table'),
    groups: z.array(z.string()).describe('ids of the groups that it is a member of'),
    credentials: z.array(z.string()).describe('ids of its own credentials'),
    uses: z.array(z.string()).describe('ids of credentials of others, or of nobody known, that it is given to use'),
    actsAs: z
      .array(z.object({ principalId: text('the other principal'), how: text('the way') }))
      .describe('principals that it can act as: trust and permission both say so'),
    escalations: z
      .array(
        z.object({
          technique: text('stable name of the technique'),
          title: text('the technique in words'),
          steps: z
            .array(z.object({ action: text('action'), resource: text('resource'), because: text('what grants it') }))
            .describe('what each step needs, and which grant gives it'),
          reaches: text('what is reached, in words'),
          reachesPrincipalId: text('the principal that is reached, if it is one').optional(),
          reachesTier: tier.describe('the tier that is reached'),
          locations: z.array(location).describe('where the grants behind the steps are written'),
        }),
      )
      .describe('ways to more than it was given'),
    locations: z.array(location).describe('where it was seen, definitions first'),
  })
  .describe('a non-human identity, a person with access, or a group')

const credential = z
  .object({
    id: text('stable; never derived from the secret'),
    principalId: z.string().nullable().describe('whose it is; null when no source says'),
    externalId: orNull(text('the native identifier, when there is one: an access key id, a key fingerprint, a key id')),
    refs: z.array(text('system:id')).describe('every explicit identifier, as on a principal'),
    alsoOf: z.array(z.string()).describe('further principals that sources give the same credential to'),
    type: text('aws_access_key, api_token, private_key, …'),
    title: text('the type in words'),
    fingerprint: z
      .string()
      .nullable()
      .describe(
        'equal for equal secrets. Without a key an equality label `secret-N` that means something within this report only; with --key-file `KEYID:HMAC-SHA-256`. null when no input held the value',
      ),
    hint: orNull(text('at most four characters of the value beyond its public prefix, where at least twenty remain')),
    name: z.string().nullable().describe('the name by which a source calls it'),
    enabled: z.boolean().nullable().describe('null when no source says'),
    createdAt: orNull(instant('when it was made')),
    lastRotatedAt: orNull(instant('when it was last replaced')),
    lastUsedAt: orNull(instant('the latest use that a source states; null means unknown, not unused')),
    expiresAt: orNull(instant('when it ends')),
    attributes: anyJson('what the connector says beside'),
    consumers: z.array(z.string()).describe('ids of principals that are given it to use'),
    locations: z.array(sighting).describe('where it was seen'),
  })
  .describe('what authenticates. The secret value itself is never in a report')

const entitlement = z
  .object({
    id: text('stable'),
    principalId: text('who has it'),
    system: text('where it holds'),
    permission: text('as that system calls it'),
    effect: z.enum(['allow', 'deny']).describe('what it does'),
    actions: z.array(z.string()).describe('in the one spelling that Reeve uses for all systems'),
    resources: z.array(z.string()).describe('in that spelling; `*` stands for any'),
    level: z.enum(['read', 'write', 'admin', 'unknown']).describe('the most that it allows'),
    conditions: z.json().describe('the system’s own conditions, unchanged; null when there are none'),
    path: z
      .array(z.string())
      .describe('how it comes to the principal: empty is direct, else groups, bindings, policies'),
    locations: z.array(location).describe('where it is stated'),
  })
  .describe('a right that exists in a target system')

const finding = z
  .object({
    fingerprint: text('the same finding has the same fingerprint tomorrow, whatever its line'),
    detector: text('the detector’s id'),
    owasp: z.array(z.string()).describe('OWASP Non-Human Identities Top 10 2025'),
    controls: z.array(z.string()).describe('NIST CSF 2.0 subcategories'),
    severity,
    severityReasons: z.array(z.string()).describe('why, most telling first'),
    title: text('one sentence'),
    subject: z
      .object({
        principalId: z.string().nullable().describe('the identity, when one is known'),
        credentialId: z.string().nullable().describe('the credential, when the finding is about one'),
        externalId: text('its native identifier; `FILE:NAME` for a credential of nobody known'),
      })
      .describe('what it is about'),
    discriminator: orNull(text('what tells it from other findings of the same detector and subject')),
    locations: z.array(location).describe('where it is stated'),
    evidence: anyJson('what the finding rests on'),
    remediation: text('what to do'),
  })
  .describe('something to do')

const suppression = z
  .object({
    by: z.enum(['baseline', 'comment']).describe('a baseline file, or a reeve:ignore comment'),
    reason: text('as given there'),
    until: text('the last day on which it holds, YYYY-MM-DD'),
    at: location.describe('where it is said'),
  })
  .describe('who accepted it and until when')

export const reportShape = z
  .object({
    schemaVersion: z.literal(SCHEMA_VERSION).describe('MAJOR.MINOR of this contract'),
    tool: z
      .object({ name: z.literal('reeve').describe('always reeve'), version: text('of the tool') })
      .describe('what wrote the report'),
    scannedAt: instant('when; everything else is the same for the same input'),
    stats: z
      .object({
        files: count('files read, members of archives and blobs of history included'),
        bytes: count('bytes read'),
        skipped: count('files left out by a limit or a setting'),
        commits: count('commits of history that were read'),
        partial: z.boolean().describe('true when something that was to be read was not: see the errors'),
        principals: count('identities and groups'),
        credentials: count('credentials'),
        entitlements: count('entitlements'),
        findings: count('not counting the suppressed'),
        suppressed: count('findings that somebody accepted'),
        errors: count('what could not be read'),
        bySeverity: z.record(severity, z.int()).describe('findings by severity'),
        byKind: z.record(z.string(), z.int()).describe('principals by kind'),
      })
      .describe('how much'),
    principals: z.array(principal).describe('sorted by source and externalId'),
    credentials: z.array(credential).describe('sorted by first location'),
    entitlements: z.array(entitlement).describe('sorted by principal'),
    findings: z.array(finding).describe('worst first'),
    suppressed: z
      .array(finding.extend({ suppression }))
      .describe('findings that somebody accepted: they do not count for the exit code'),
    likelyMatches: z
      .array(z.object({ a: text('a principal'), b: text('another'), reason: text('why they may be one') }))
      .describe('pairs that may be one identity; nothing was merged'),
    blindSpots: z
      .array(
        z.object({
          source: text('connector or part'),
          file: orNull(text('the file, if it is about one')),
          message: text('in words'),
        }),
      )
      .describe('what this scan could not see'),
    errors: z
      .array(
        z.object({
          file: text('may be empty'),
          line: orNull(line('where, if known')),
          message: text('what, and what to do'),
        }),
      )
      .describe('what could not be read; the rest was'),
  })
  .describe('what `reeve scan --format json` writes')

type Immutable<T> = T extends readonly (infer E)[]
  ? readonly Immutable<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Immutable<T[K]> }
    : T

export type Report = Immutable<z.infer<typeof reportShape>>
export type ReportPrincipal = Report['principals'][number]
export type ReportCredential = Report['credentials'][number]
export type ReportEntitlement = Report['entitlements'][number]
export type ReportFinding = Report['findings'][number]
export type ReportSuppressed = Report['suppressed'][number]
export type ReportLocation = ReportFinding['locations'][number]
export type ReportError = Report['errors'][number]

/**
 * The schema as published in docs/schemas. It is open: a later 1.x may add members, and a reader of today must not
 * refuse them. `closed` refuses every member that is not documented here; our own tests use it.
 */
export function reportJsonSchema(closed = false): object {
  const { $schema, ...schema } = z.toJSONSchema(reportShape, {
    io: closed ? 'output' : 'input',
    override: ({ jsonSchema }) => {
      // the range of safe integers is noise to a reader
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    },
  })
  return { $schema, ...(closed ? {} : { $id: SCHEMA_ID }), title: 'Reeve scan report', ...schema }
}
