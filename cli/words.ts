// Words for people: how the report's terms read in a sentence.

const KIND_TITLES: Readonly<Record<string, readonly [one: string, many: string]>> = {
  workload: ['workload', 'workloads'],
  service_account: ['service account', 'service accounts'],
  api_client: ['API client', 'API clients'],
  oauth_app: ['OAuth app', 'OAuth apps'],
  ai_agent: ['AI agent', 'AI agents'],
  ci_pipeline: ['CI pipeline', 'CI pipelines'],
  machine: ['machine', 'machines'],
  human: ['person', 'people'],
  group: ['group', 'groups'],
}

export function kindTitle(kind: string, count = 1): string {
  const [one, many] = KIND_TITLES[kind] ?? [kind, `${kind}s`]
  return count === 1 ? one : many
}

/** `1 finding`, `2,300 findings`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`
}

/** With thousands separated, the same whatever the machine's language. */
export const numberText = (count: number): string => count.toLocaleString('en-US')

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

/** `expiresAt` as `expires at`. */
export const wordsOfCamel = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()

/** What one may do with a principal: `classifyPrincipal` as `classify`. */
export const actionText = (operation: string): string => wordsOfCamel(operation.replace(/Principal$/, ''))
