// What a statement's actions amount to, by the kinds of action that decide a privilege tier. Worked out once per
// distinct list of actions.
import { awsServices } from '#kernel'
import { actionPattern, expandAction, matchesAction } from './action-pattern.ts'
import type { ActionPattern, CatalogueMatch } from './action-pattern.ts'

/** Most telling first. */
const ACTION_KINDS = [
  'iam-write',
  'secret-read',
  'guard-write',
  'data-write',
  'write',
  'data-read',
  'parameter-read',
  'read',
] as const
export type ActionKind = (typeof ACTION_KINDS)[number]

export interface ActionSummary {
  readonly byKind: Readonly<Record<ActionKind, readonly CatalogueMatch[]>>
  /** Services of which every action is taken in. */
  readonly wholeServices: readonly string[]
  /** True when every action there is, or all but a few, is taken in. */
  readonly nearlyAll: boolean
  /** Patterns for which the catalogue knows no action. */
  readonly unknown: readonly string[]
}

/** Services that keep an organisation's data; `write` on all of it is a tier of its own. */
const DATA_SERVICES = new Set(
  `s3 s3express s3-outposts dynamodb dax rds rds-data rds-db redshift redshift-data redshift-serverless elasticfilesystem
  fsx es aoss cassandra timestream neptune-db docdb-elastic kinesis firehose glue lakeformation backup qldb memorydb
  elasticache athena glacier dsql sdb`.split(/\s+/),
)
/** Services that guard others: keys, secrets, the organisation, single sign-on. */
const GUARD_SERVICES = new Set(
  'kms secretsmanager organizations sso identitystore sso-directory ram acm-pca'.split(' '),
)
/** Using a key is not administering it. */
const USES_A_KEY = /^kms:(?:encrypt|decrypt|reencrypt|generatedatakey|generaterandom|generatemac|verify|sign|derive)/
/** What an IAM user may do for itself, or that by itself gives no right. */
const HARMLESS_IAM =
  /^iam:(?:changepassword|passrole|tag|untag|generate|simulate|createservicelinkedrole|deleteservicelinkedrole|(?:create|enable|resync)(?:virtual)?mfadevice|getservicelinked)/
const READS_DATA =
  /^(?:s3:getobject(?:version)?|dynamodb:(?:getitem|batchgetitem|query|scan|partiqlselect|exporttabletopointintime)|rds-data:executestatement|redshift-data:getstatementresult|athena:getqueryresults|kinesis:getrecords|es:eshttpget)$/
/** AWS counts a few that start a session or a report as writes; what is read is what they are for. */
const READS_BY_NAME = /^(?:Get|List|Describe|BatchGet|Search|View)(?=[A-Z])/
/** Reading many at once needs this too. */
const READS_SECRETS = /^secretsmanager:getsecretvalue$/
const READS_PARAMETERS = /^ssm:getparameter(?:s|sbypath|history)?$/

/** The actions that no service owner would hand out as a read, by kind. */
function kindOf(action: CatalogueMatch): ActionKind {
  const { key, service, level } = action
  if (READS_SECRETS.test(key)) return 'secret-read'
  if (READS_DATA.test(key)) return 'data-read'
  if (READS_PARAMETERS.test(key)) return 'parameter-read'
  if (level === 'read' || level === 'list' || READS_BY_NAME.test(action.name)) return 'read'
  if (service === 'iam') return HARMLESS_IAM.test(key) ? 'write' : 'iam-write'
  if (GUARD_SERVICES.has(service) && level !== 'tagging' && !USES_A_KEY.test(key)) return 'guard-write'
  if (DATA_SERVICES.has(service) && level !== 'tagging') return 'data-write'
  return 'write'
}

const summaries = new Map<string, ActionSummary>()
const SUMMARIES_MAX = 20_000

interface Actions {
  readonly actions: readonly ActionPattern[]
  /** Every action but these. */
  readonly notAction: boolean
}

const byStatement = new WeakMap<Actions, ActionSummary>()

/** For a statement, which many principals may hold. */
export function summariseActions(statement: Actions): ActionSummary {
  const known = byStatement.get(statement)
  if (known !== undefined) return known
  const made = summarise(statement.actions, statement.notAction)
  byStatement.set(statement, made)
  return made
}

function summarise(patterns: readonly ActionPattern[], notAction: boolean): ActionSummary {
  const key = `${notAction ? '!' : ''}${patterns.map(({ text }) => text.toLowerCase()).join(' ')}`
  const known = summaries.get(key)
  if (known !== undefined) return known
  const made = notAction ? complement(patterns) : taken(patterns)
  if (summaries.size >= SUMMARIES_MAX) summaries.clear()
  summaries.set(key, made)
  return made
}

const EVERYTHING = actionPattern('*')

function complement(patterns: readonly ActionPattern[]): ActionSummary {
  const left = expandAction(EVERYTHING).filter(({ key }) => !patterns.some((pattern) => matchesAction(pattern, key)))
  const whole = [...awsServices()].filter((service) => !patterns.some((pattern) => touches(pattern, service)))
  return { byKind: group(left), wholeServices: whole, nearlyAll: left.length > 5000, unknown: [] }
}

function taken(patterns: readonly ActionPattern[]): ActionSummary {
  const all = new Map<string, CatalogueMatch>()
  const unknown: string[] = []
  for (const pattern of patterns) {
    const found = expandAction(pattern)
    if (found.length === 0) unknown.push(pattern.text)
    for (const action of found) all.set(action.key, action)
  }
  const everything = patterns.some((pattern) => pattern.matchesAll)
  return {
    byKind: group([...all.values()]),
    wholeServices: everything
      ? [...awsServices()]
      : patterns.flatMap(({ text, service }) => (service !== undefined && /^[^:]+:\*+$/.test(text) ? service : [])),
    nearlyAll: everything,
    unknown,
  }
}

const touches = (pattern: ActionPattern, service: string): boolean =>
  pattern.service === undefined
    ? expandAction(pattern).some((action) => action.service === service)
    : pattern.service === service

function group(actions: readonly CatalogueMatch[]): ActionSummary['byKind'] {
  const byKind: Record<ActionKind, CatalogueMatch[]> = {
    'iam-write': [],
    'secret-read': [],
    'guard-write': [],
    'data-write': [],
    write: [],
    'data-read': [],
    'parameter-read': [],
    read: [],
  }
  for (const action of actions) byKind[kindOf(action)].push(action)
  return byKind
}
