// Connections and runs as the API answers and takes them.
import { z } from 'zod'
import { CONNECTION_TYPES } from '#connections'
import type { ConnectionType } from '#connections'
import { instant, pageOf } from './fields.ts'
import { text } from './plain-text.ts'
import { recordShape } from './principal.ts'

const TYPES = Object.keys(CONNECTION_TYPES) as [ConnectionType, ...ConnectionType[]]

const Counts: z.ZodType = z.record(z.string(), z.unknown()).describe('whole numbers, in groups')

export const Run = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    state: z.enum(['queued', 'running', 'succeeded', 'partial', 'failed', 'held']),
    askedBy: z.string(),
    confirmLeavers: z.boolean(),
    queuedAt: instant,
    startedAt: instant.nullable(),
    endedAt: instant.nullable(),
    attempts: z.int(),
    progress: z.record(z.string(), z.unknown()),
    counts: Counts,
    problems: z.array(z.unknown()).describe('what it could not read: the first of each kind, and how many'),
    blindSpots: z.array(z.unknown()),
    failure: z.string().nullable(),
    fingerprintKeyId: z.string().nullable(),
  })
  .meta({ id: 'Run' })
export const RunPage = pageOf('RunPage', Run)

const SCHEDULE = z.union([
  z.strictObject({ cron: text(500), timeZone: text(100) }),
  z.strictObject({ everyMinutes: z.int().min(1).max(600_000) }),
])
const PATTERNS = z.array(text(1000)).max(500)

const OPTIONS = z.strictObject({
  include: PATTERNS.optional(),
  exclude: PATTERNS.optional(),
  gitignore: z.boolean().optional(),
  dependencies: z.boolean().optional(),
  archives: z.boolean().optional(),
  history: z.boolean().optional(),
  secondsMax: z.int().min(1).max(86_400).optional(),
  scopes: z
    .array(z.strictObject({ glob: text(1000), cluster: text(500).optional(), host: text(500).optional() }))
    .max(500)
    .optional(),
})

/** What may change later. */
export const CONNECTION_FIELDS = {
  name: text(200),
  settings: z.strictObject({
    path: text(4096).describe('absolute, on the server, below an import root; of a target its name'),
  }),
  options: OPTIONS.optional(),
  credentials: z
    .record(text(100), text(4096))
    .optional()
    .describe('references (`file:PATH`, `env:NAME`, `exec:COMMAND`), never values'),
  schedule: SCHEDULE.nullable().optional(),
}
export const CONNECTION_TYPE = z.enum(TYPES)

const CONNECTION = recordShape(
  z.object({
    name: z.string(),
    type: z.string(),
    settings: z.object({ path: z.string() }),
    options: z.record(z.string(), z.unknown()),
    credentials: z.record(z.string(), z.string()),
    schedule: z.record(z.string(), z.unknown()).nullable(),
    state: z.enum(['enabled', 'paused', 'removed']),
  }),
)
export const Connection = z.object(CONNECTION).meta({ id: 'Connection' })
export const ConnectionView = z
  .object({ ...CONNECTION, lastRun: Run.nullable(), nextRunAt: instant.nullable() })
  .meta({ id: 'ConnectionView' })
export const ConnectionPage = pageOf('ConnectionPage', ConnectionView)

export const ConnectionTest = z
  .object({
    path: z.string(),
    complete: z.boolean().describe('false where the test ended before everything was seen'),
    files: z.int(),
    bytes: z.int(),
    found: z.record(z.string(), z.int()),
    readBy: z.record(z.string(), z.int()),
    problems: z.array(z.unknown()),
    blindSpots: z.array(z.unknown()),
  })
  .meta({ id: 'ConnectionTest' })
