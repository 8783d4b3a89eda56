// `.pgpass` and `.netrc`: passwords by machine and login, as clients read them.
import type { Observation, Provenance } from '#kernel'
import { embeddedSecret } from '../embedded-secret.ts'
import { accountOfHome, hostOf, hostUser } from '../host-of.ts'
import { isPlaceholder } from '../placeholder.ts'
import type { ReadContext, UntrustedFile } from '../port.ts'

const ROW_LENGTH_MAX = 4096

interface Login {
  readonly machine: string
  readonly login: string
  readonly password: string
  readonly database?: string
  readonly line: number
}

export const discoverPgpass = (file: UntrustedFile, context: ReadContext): Iterable<Observation> =>
  loginFacts(file, context, 'pgpass', readPgpass(file.text()))

export const discoverNetrc = (file: UntrustedFile, context: ReadContext): Iterable<Observation> =>
  loginFacts(file, context, 'netrc', readNetrc(file.text()))

function* loginFacts(
  file: UntrustedFile,
  context: ReadContext,
  rule: string,
  logins: readonly Login[],
): Generator<Observation> {
  const host = hostOf(file.path, context)
  const account = accountOfHome(host.inner)
  for (const entry of logins) {
    const { machine, login, password, database, line } = tokenAsLogin(entry)
    if (isPlaceholder(password)) continue
    const provenance: Provenance = { connector: 'automation', file: file.path, startLine: line, endLine: line }
    const attributes = { machine, login, ...(database === undefined ? {} : { database }) }
    const fact = embeddedSecret(
      { name: `${login}@${machine}`, value: password, rule, credentialType: 'password', about: { attributes } },
      provenance,
      context,
    )
    yield fact
    if (account === '' || fact.fingerprint === undefined) continue
    const user = hostUser(host, account, provenance)
    yield user
    yield { type: 'consumer', principal: user.ref, credential: { fingerprint: fact.fingerprint }, provenance }
  }
  const long = file
    .text()
    .split('\n')
    .flatMap((row, index) => (row.trim().length > ROW_LENGTH_MAX ? index + 1 : []))
  const [startLine] = long
  if (startLine === undefined) return
  const message = `${long.length === 1 ? 'a line is' : `${long.length} lines are`} longer than ${ROW_LENGTH_MAX} characters and not read to the end: the others were read`
  yield { type: 'problem', connector: 'automation', file: file.path, startLine, message }
}

/** Some servers take a token for the login and any word for the password. */
function tokenAsLogin(entry: Login): Login {
  const isToken = /^x-oauth/i.test(entry.password) || /^[\w-]{30,}$/.test(entry.login)
  return isToken ? { ...entry, login: 'token', password: entry.login } : entry
}

/** `host:port:database:user:password`, `\:` and `\\` escaped. */
function readPgpass(text: string): Login[] {
  return text.split('\n').flatMap((row, index) => {
    const line = row.trim()
    if (line === '' || line.startsWith('#') || line.length > ROW_LENGTH_MAX) return []
    const fields = line.match(/(?:[^:\\]|\\[^])+/g)?.map((field) => field.replaceAll(/\\([^])/g, '$1')) ?? []
    const [machine, , database, login] = fields
    const password = fields.slice(4).join(':')
    if (machine === undefined || login === undefined || password === '') return []
    return [{ machine, login, password, line: index + 1, ...(database === undefined ? {} : { database }) }]
  })
}

function readNetrc(text: string): Login[] {
  const logins: Login[] = []
  let current = { machine: '', login: '' }
  let key = ''
  for (const [index, row] of text.split('\n').entries()) {
    for (const word of row.trim().slice(0, ROW_LENGTH_MAX).split(/\s+/)) {
      if (word === '') break
      if (key === '' && word.startsWith('#')) break
      if (key === '' && word === 'default') current = { machine: 'default', login: '' }
      else if (key === '') key = word
      else {
        if (key === 'machine') current = { machine: word, login: '' }
        if (key === 'login') current = { ...current, login: word }
        if (key === 'password') logins.push({ ...current, password: word, line: index + 1 })
        key = ''
      }
    }
  }
  return logins
}
