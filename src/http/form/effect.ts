// Targets, plans and receipts as the API answers and takes them.
import { z } from 'zod'
import { OPERATIONS, TARGET_SYSTEMS } from '#connectors/target'
import { OUTCOMES, PLAN_STATES, STEP_STATES } from '#effect'
import { instant, pageOf } from './fields.ts'
import { because, text } from './plain-text.ts'
import { recordOf } from './principal.ts'

const SECRET_CHARACTERS_MAX = 32_768
/** With what stands around the secret. */
export const SECRET_BODY_BYTES_MAX = 65_536

/** SECURITY: what declares it names it in `secrets` of its endpoint. */
export const SECRET = z
  .string()
  .min(1)
  .max(SECRET_CHARACTERS_MAX)
  .meta({ format: 'password', writeOnly: true })
  .describe('it is used and never kept')

const HOST = text(255).describe('a name, an address, or the absolute path of a folder with a Unix socket')
const ADDRESS = z.strictObject({ host: HOST, port: z.int().min(1).max(65_535) })
const REFERENCE = z.string().min(1).max(4096)

/** What is said of a target; all of it is said again where it changes. */
export const TARGET_FIELDS = {
  system: z.enum(TARGET_SYSTEMS).default('postgresql'),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,99}$/, { error: 'must be lower case letters, digits, `-` and `.`, at most 100' })
    .describe('as resource names spell it: `pg://NAME/database/…`'),
  address: ADDRESS,
  database: text(63).default('postgres').describe('where the administrative role signs in'),
  administrator: z.strictObject({
    user: text(63),
    password: REFERENCE.describe('a reference (`file:PATH`, `env:NAME`, `exec:COMMAND`), never the value'),
  }),
  tls: z.enum(['off', 'verify']).default('verify').describe('`off` only on this machine'),
  ca: REFERENCE.optional().describe('a reference to the certificate of the authority; else those of the system count'),
  entrances: z.array(ADDRESS).max(20).default([]).describe('poolers and proxies in front of it'),
  standbys: z.array(ADDRESS).max(20).optional().describe('servers that follow it: sessions are ended there, too'),
  probeInClear: z
    .boolean()
    .optional()
    .describe(
      'the prober also answers who asks for the password in clear or as MD5; the administrative role never does',
    ),
  successor: text(63).optional().describe('who takes over what a revoked role owns'),
}

const TargetData = z.object({
  settings: z.object({ ...TARGET_FIELDS, entrances: z.array(ADDRESS), database: z.string() }),
  state: z.enum(['enabled', 'removed']),
})
export const Target = recordOf('Target', TargetData)
export const TargetList = z.object({ items: z.array(Target) }).meta({ id: 'TargetList' })
export const Examination = z
  .object({
    checks: z.array(
      z.object({
        check: z.string(),
        outcome: z.enum(['ok', 'missing', 'too_much', 'unknown']),
        detail: z.string(),
        remedy: z.array(z.string()).optional().describe('what to run at the target'),
      }),
    ),
  })
  .meta({ id: 'Examination' })

const Verdict = z.object({
  effect: z.enum(['verified', 'unproven', 'failed']),
  answer: z.string().optional().describe("the target's own answer"),
  reason: z.string().optional(),
  next: z.string().optional().describe('what a person does now'),
  facts: z.unknown().optional(),
  open: z.array(z.string()).optional().describe('all that stands open, line by line: what a person may accept'),
})
const Step = z.object({
  name: z.string(),
  title: z.string(),
  asksOnly: z.boolean().optional(),
  final: z.boolean().optional().describe("it can't be put back"),
  state: z.enum(STEP_STATES),
  before: z.unknown().optional(),
  statements: z.array(z.string()).optional().describe('exactly what is sent'),
  touches: z.array(z.string()).optional().describe('whom and what it touches, in words'),
  seen: z.unknown().optional().describe('what it has seen so far, where it goes on for a time'),
  verdict: Verdict.optional(),
  attempts: z.int().optional(),
  met: z.string().optional().describe('why the last attempt is made again'),
  startedAt: instant.optional(),
  endedAt: instant.optional(),
})
const Purpose = z.object({
  kind: z.enum(['emergency', 'finding', 'verdict', 'expiry', 'request']),
  id: z.string().optional(),
})
const Reason = z.object({ step: z.string(), reason: z.string(), next: z.string() })

export const Preview = z
  .object({
    targetName: z.string(),
    operation: z.enum(OPERATIONS),
    account: z.string(),
    steps: z.array(Step).describe('as things stand now; later steps may find it otherwise'),
    blocked: z.array(Reason).describe("what can't be done as things stand"),
  })
  .meta({ id: 'PlanPreview' })

const AcceptedWays = z
  .object({
    by: z.string(),
    at: instant,
    because: z.string(),
    receiptId: z.string().describe('where they were read'),
    hash: z.string().describe('SHA-256 of what stood open: another answer is not accepted'),
    ways: z.array(
      z.object({
        step: z.string(),
        reason: z.string(),
        open: z.array(z.string()).optional().describe('what stood open, line by line'),
      }),
    ),
  })
  .describe('another person than who planned it goes on although this is not proven')

export const Plan = recordOf(
  'Plan',
  z.object({
    operation: z.enum(OPERATIONS),
    targetId: z.string(),
    targetName: z.string(),
    settings: z
      .object({ ...TARGET_FIELDS, entrances: z.array(ADDRESS), database: z.string() })
      .describe('of the target as they stood when it was planned: what is approved is what is done'),
    account: z.string(),
    purpose: Purpose,
    reason: z.string(),
    about: z.array(z.string()).describe('ids of the roll'),
    madeAt: instant,
    plannedBy: z.string(),
    approval: z.object({ needed: z.boolean(), by: z.string().optional(), at: instant.optional() }),
    offered: z.boolean().describe('whether the credential itself was offered, to be used and be refused'),
    credentialMark: z.string().optional().describe('its keyed fingerprint'),
    acceptedWays: AcceptedWays.optional(),
    state: z.enum(PLAN_STATES),
    steps: z.array(Step),
    undoing: z.enum(['failed', 'wanted']).optional(),
    until: instant.optional().describe('when what goes on for a time is to be over'),
    nextAt: instant.optional(),
    receiptId: z.string().optional(),
  }),
)
export const PlanPage = pageOf('PlanPage', Plan)

export const Receipt = recordOf(
  'Receipt',
  z.object({
    planId: z.string(),
    operation: z.enum(OPERATIONS),
    targetId: z.string(),
    targetName: z.string(),
    address: z.string().describe('where the target was asked'),
    account: z.string(),
    about: z.array(z.string()),
    purpose: Purpose,
    outcome: z.enum(OUTCOMES),
    reasons: z.array(Reason).describe('why it is not verified'),
    steps: z.array(
      z.object({
        name: z.string(),
        effect: z.enum(['verified', 'unproven', 'failed', 'not done', 'undone']),
        answer: z.string(),
        at: instant.optional(),
        facts: z.unknown().optional(),
      }),
    ),
    acceptedWays: AcceptedWays.optional(),
    credentialOffered: z.boolean(),
    carriedOutBy: z.string().describe('the host that did and probed it'),
    startedAt: instant,
    endedAt: instant,
  }),
)

const ToldEntry = z.object({
  seq: z.int(),
  leaf: z.string().describe('as it is hashed into the tree'),
  salt: z.string().describe('with it, reason and content have the hash that stands in the leaf'),
  reason: z.string().optional(),
  content: z.record(z.string(), z.unknown()).describe('what it says, whole: of a receipt the receipt'),
})

export const ReceiptProof = z
  .object({
    format: z.literal('reeve-receipt@v1'),
    entry: ToldEntry,
    proof: z.string().describe('C2SP tlog-proof, with the signed checkpoint'),
    keys: z
      .array(z.object({ entry: ToldEntry, proof: z.array(z.string()).describe('to the root of that checkpoint') }))
      .optional()
      .describe('the keys that the log announced before it, in order, each signed by the one before'),
  })
  .meta({ id: 'ReceiptProof' })

export const WHY_NEEDED = { because: because(500).describe('why; it stands in the plan and in the log') }
export const WHY_MAYBE = { because: because(500).optional().describe('why; it stands in the log') }
