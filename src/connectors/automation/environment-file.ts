// `.env` files: the secrets among their variables. The file names no principal; equal values elsewhere say whose.
import type { CredentialFact, Observation, Provenance } from '#kernel'
import { AWS_KEY_ID, awsKeyRef, embeddedSecret } from '../embedded-secret.ts'
import { isSecretEntry, passwordInUrl } from '../placeholder.ts'
import type { ReadContext, UntrustedFile } from '../port.ts'

interface Variable {
  readonly name: string
  readonly value: string
  readonly line: number
  readonly endLine: number
}

const ENVIRONMENTS: readonly (readonly [RegExp, string])[] = [
  [/(?:^|[.-])prod(?:uction)?(?:$|[.-])/i, 'production'],
  [/(?:^|[.-])stag(?:e|ing)(?:$|[.-])/i, 'staging'],
  [/(?:^|[.-])dev(?:elopment)?(?:$|[.-])/i, 'development'],
  [/(?:^|[.-])test(?:ing)?(?:$|[.-])/i, 'test'],
]

export function* discoverEnvironmentFile(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const base = file.path.slice(file.path.lastIndexOf('/') + 1)
  const value = ENVIRONMENTS.find(([pattern]) => pattern.test(base))?.[1]
  const environment = value === undefined ? {} : { environment: { value, reason: `file name \`${base}\`` } }
  const variables = readVariables(file.text())
  for (const [index, variable] of variables.entries()) {
    const { name, line, endLine } = variable
    const provenance: Provenance = { connector: 'automation', file: file.path, object: name, startLine: line, endLine }
    const about = { ...environment, ...keyBeside(variables, index) }
    if (isSecretEntry(name, variable.value) || passwordInUrl(variable.value) !== undefined)
      yield embeddedSecret({ name, value: variable.value, rule: 'env-file', about }, provenance, context)
  }
}

/** `AWS_SECRET_ACCESS_KEY` next to `AWS_ACCESS_KEY_ID`: the id says which key it is. */
function keyBeside(variables: readonly Variable[], index: number): Partial<CredentialFact> {
  const name = variables[index]?.name ?? ''
  if (!/SECRET_ACCESS_KEY/.test(name)) return {}
  const wanted = name.replace('SECRET_ACCESS_KEY', 'ACCESS_KEY_ID')
  const id = variables.find((other) => other.name === wanted)?.value
  return id !== undefined && AWS_KEY_ID.test(id) ? awsKeyRef(id) : {}
}

const LINE_LENGTH_MAX = 65_536

/** `NAME=value`, with `export` and quotes; a double-quoted value may run over several lines. */
function readVariables(text: string): Variable[] {
  const variables: Variable[] = []
  const rows = text.split('\n')
  for (let at = 0; at < rows.length; at++) {
    const row = (rows[at] ?? '').trim()
    if (row.length > LINE_LENGTH_MAX) continue
    const [, name, rest = ''] = /^(?:export[ \t]+)?([A-Za-z_][\w.-]{0,199})[ \t]*=[ \t]*([^]*)$/.exec(row) ?? []
    if (name === undefined) continue
    const start = at
    const quote = rest.startsWith('"') || rest.startsWith("'") ? rest.charAt(0) : ''
    if (quote === '') {
      variables.push({ name, value: rest.replace(/[ \t]#[^]*$/, '').trim(), line: start + 1, endLine: start + 1 })
      continue
    }
    let value = rest.slice(1)
    while (!value.includes(quote) && at + 1 < rows.length && at - start < 200) {
      at += 1
      value += `\n${(rows[at] ?? '').trim().slice(0, LINE_LENGTH_MAX)}`
    }
    const end = value.indexOf(quote)
    // a quote that never closes is a value of its own line
    if (end === -1) at = start
    const closed = end === -1 ? rest.slice(1) : value.slice(0, end).replaceAll('\\n', '\n')
    variables.push({ name, value: closed, line: start + 1, endLine: at + 1 })
  }
  return variables
}
