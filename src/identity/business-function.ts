// What a principal is for in the business, by the words of its labels and name. The last word that names a function is
// the head of the name: `payments-backup` is a backup, `backup-monitoring` is monitoring.
import { wordsOfName } from './name-tokens.ts'
import type { Derived, Principal } from './principal.ts'

/** One row per function: the words that name it. */
const FUNCTION_WORDS = {
  ci: [
    'ci',
    'cd',
    'cicd',
    'deploy',
    'deployer',
    'deployment',
    'deployments',
    'build',
    'builder',
    'release',
    'pipeline',
    'jenkins',
    'argocd',
    'flux',
    'terraform',
    'runner',
    'runners',
  ],
  data: [
    'data',
    'etl',
    'elt',
    'analytics',
    'warehouse',
    'reporting',
    'airflow',
    'spark',
    'kafka',
    'glue',
    'bi',
    'ingest',
    'ingestion',
  ],
  database: ['db', 'database', 'postgres', 'postgresql', 'mysql', 'mongo', 'mongodb', 'redis', 'rds', 'sql'],
  payments: [
    'payment',
    'payments',
    'billing',
    'invoice',
    'invoices',
    'invoicing',
    'checkout',
    'ledger',
    'payout',
    'payouts',
    'claims',
  ],
  monitoring: [
    'monitor',
    'monitoring',
    'metrics',
    'prometheus',
    'grafana',
    'alertmanager',
    'alerting',
    'alerts',
    'datadog',
    'exporter',
    'logging',
    'logs',
    'telemetry',
    'tracing',
    'observability',
  ],
  backup: ['backup', 'backups', 'restore', 'snapshot', 'snapshots', 'velero', 'archive'],
  ingress: ['ingress', 'gateway', 'proxy', 'nginx', 'traefik', 'haproxy', 'loadbalancer', 'edge', 'cdn'],
  security: ['security', 'audit', 'auditor', 'scanner', 'siem', 'vault', 'secrets', 'guardduty', 'certificates'],
  identity: ['auth', 'identity', 'sso', 'iam', 'oidc', 'login', 'keycloak', 'ldap', 'dex'],
  messaging: ['mail', 'mailer', 'email', 'smtp', 'notification', 'notifications', 'notifier', 'queue', 'sms'],
  web: ['web', 'website', 'frontend', 'api', 'backend'],
  support: ['support', 'helpdesk', 'ticket', 'tickets', 'ticketing', 'crm'],
} as const
type BusinessFunction = keyof typeof FUNCTION_WORDS

const BY_WORD: ReadonlyMap<string, BusinessFunction> = new Map(
  Object.entries(FUNCTION_WORDS).flatMap(([name, words]) => words.map((word) => [word, name as BusinessFunction])),
)
const LABELS: ReadonlySet<string> = new Set(['function', 'component', 'role', 'service'])

export function functionOf(principal: Principal): Derived<string> {
  if (principal.kind === 'ci_pipeline') return { value: 'ci', reason: `it is a ${principal.nativeType}` }
  for (const [key, value] of Object.entries(principal.labels)) {
    const name = key.slice(key.lastIndexOf('/') + 1).toLowerCase()
    const found = LABELS.has(name) ? headOf(value) : undefined
    if (found !== undefined) return { value: found.name, reason: `label \`${key}\` is \`${value}\`` }
  }
  const named = headOf(principal.name)
  if (named !== undefined) return { value: named.name, reason: `the word \`${named.word}\` in its name` }
  const namespace = principal.attributes['namespace']
  if (typeof namespace === 'string') {
    const around = headOf(namespace)
    if (around !== undefined) return { value: around.name, reason: `the namespace is \`${namespace}\`` }
  }
  return { value: 'unknown', reason: 'no label or name says' }
}

function headOf(text: string): { readonly name: BusinessFunction; readonly word: string } | undefined {
  const word = wordsOfName(text).findLast((candidate) => BY_WORD.has(candidate))
  const name = word === undefined ? undefined : BY_WORD.get(word)
  return word === undefined || name === undefined ? undefined : { name, word }
}
