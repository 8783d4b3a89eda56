// The child process in which Cedar itself reads policies: one job, one answer, and it ends. It may be killed, run out of
// memory or abort; its parent only sees that no answer came.
import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import type { CedarAnswer, CedarJob, CedarMessage, ReadPart } from './cedar-job.ts'

process.once('message', (job: CedarJob) => {
  process.send?.(answer(job), () => process.exit(0))
})

function answer({ text, schema, format }: CedarJob): CedarAnswer {
  const messages: CedarMessage[] = []
  let schemaJson: unknown
  if (schema !== undefined) {
    const read = cedar.schemaToJson(schema)
    if (read.type === 'failure') return { messages: read.errors.map((error) => messageOf(error, 'schema')) }
    schemaJson = read.json
  }
  const parts = cedar.policySetTextToParts(text)
  if (parts.type === 'failure') return { messages: parts.errors.map((error) => messageOf(error, 'policies')) }
  const policies = parts.policies.map((part) => readPart(part, cedar.policyToJson(part), messages))
  const templates = parts.policy_templates.map((part) => readPart(part, cedar.templateToJson(part), messages))
  if (schema !== undefined && messages.length === 0) messages.push(...validate(schema, policies, templates))
  const formatted = format ? cedar.formatPolicies({ policyText: text }) : undefined
  return {
    messages,
    policies,
    templates,
    ...(schemaJson !== undefined && { schema: schemaJson }),
    ...(formatted?.type === 'success' && { formatted: formatted.formatted_policy }),
  }
}

function readPart(text: string, read: cedar.PolicyToJsonAnswer, messages: CedarMessage[]): ReadPart {
  if (read.type === 'success') return { text, json: read.json }
  messages.push(...read.errors.map((error) => messageOf(error, text)))
  return { text, json: {} as cedar.PolicyJson }
}

/** Each part under its number, so that what is wrong can be told where it stands. */
function validate(schema: string, policies: readonly ReadPart[], templates: readonly ReadPart[]): CedarMessage[] {
  const numbered = (kind: string, parts: readonly ReadPart[]): Record<string, string> =>
    Object.fromEntries(parts.map(({ text }, index) => [`${kind}${index}`, text]))
  const result = cedar.validate({
    schema,
    policies: { staticPolicies: numbered('p', policies), templates: numbered('t', templates), templateLinks: [] },
  })
  if (result.type === 'failure') return result.errors.map((error) => messageOf(error, 'policies'))
  const within = (id: string): string =>
    (id.startsWith('p') ? policies : templates)[Number(id.slice(1))]?.text ?? 'policies'
  return [
    ...result.validationErrors.map(({ policyId, error }) => messageOf(error, within(policyId))),
    ...result.validationWarnings.map(({ policyId, error }) => messageOf(error, within(policyId), true)),
  ]
}

function messageOf(
  { message, help, sourceLocations }: cedar.DetailedError,
  within: string,
  warning = false,
): CedarMessage {
  const [location] = sourceLocations ?? []
  return {
    message,
    within,
    warning,
    ...(help !== null && { help }),
    ...(location !== undefined && { start: location.start }),
  }
}
