// authorized_keys: which keys open which account, and what holds them back.
import { ref } from '#kernel'
import type { Json, Observation, Provenance, Ref } from '#kernel'
import { accountOfHome, hostOf, hostUser, onHost } from '../host-of.ts'
import type { HostOf } from '../host-of.ts'
import { isSecretEntry } from '../placeholder.ts'
import type { ReadContext, UntrustedFile } from '../port.ts'
import { publicKeyFact, readKeyLine } from './key-line.ts'
import type { KeyOption } from './key-line.ts'

export function* discoverAuthorizedKeys(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const host = hostOf(file.path, context)
  const account = accountOf(file.path, host)
  const accountRef = account === '' ? ref('host', `authorized_keys ${file.path}`, host.scope) : undefined
  const externalId = account === '' ? file.path : onHost(host, account)
  let line = 0
  let named = false
  for (const row of file.text().split('\n')) {
    line += 1
    const text = row.trim()
    if (text === '' || text.startsWith('#')) continue
    const provenance: Provenance = {
      connector: 'openssh',
      file: file.path,
      object: externalId,
      startLine: line,
      endLine: line,
    }
    const user = hostUser(host, account === '' ? file.path : account, provenance)
    const principal = accountRef ?? user.ref
    if (!named) yield { ...user, ref: principal, externalId, attributes: { opens: account } }
    named = true
    const entry = readKeyLine(text)
    if (entry === undefined) {
      const message = 'this line holds no SSH public key that can be read: check its type and its base 64'
      yield { type: 'problem', connector: 'openssh', file: file.path, startLine: line, endLine: line, message }
      continue
    }
    const authority = entry.options.some(({ name }) => name === 'cert-authority')
    yield publicKeyFact(entry.key, entry.comment, provenance, {
      principal,
      attributes: {
        ...(authority ? { certAuthority: true } : {}),
        // one key may open several accounts, each with its own options
        [`opens:${externalId}`]: summaryOf(entry.options),
      },
    })
    yield* secretsOf(entry.options, principal, provenance, context)
  }
}

/** `home/USER/.ssh/authorized_keys`, `etc/ssh/authorized_keys/USER`, `authorized_keys.d/USER`, else the folder's name. */
function accountOf(path: string, host: HostOf): string {
  const listed = /(?:^|\/)authorized_keys(?:\.d)?\/([^/]+)$/.exec(path)?.[1]
  if (listed !== undefined) return listed
  const home = /(?:^|\/)\.ssh2?\//.test(path) ? accountOfHome(host.inner) : ''
  if (home !== '') return home
  const named = /(?:^|\/)([^/]+)\.authorized_keys$/.exec(path)?.[1]
  return named ?? /(?:^|\/)([^/.][^/]*)\/[^/]+$/.exec(path)?.[1] ?? ''
}

function summaryOf(options: readonly KeyOption[]): Json {
  const valueOf = (name: string): string | undefined => options.find((option) => option.name === name)?.value
  const from = valueOf('from')
  const command = valueOf('command')
  return {
    options: [...new Set(options.map(({ name }) => name))].sort(),
    from: from === undefined ? [] : from.split(',').map((host) => host.trim().slice(0, 200)),
    // SECURITY: the program only; its arguments may hold a secret
    ...(command === undefined ? {} : { command: /^[\w./-]+/.exec(command.trim())?.[0] ?? 'a command' }),
    ...(valueOf('principals') === undefined ? {} : { principals: (valueOf('principals') ?? '').split(',') }),
    ...(valueOf('expiry-time') === undefined ? {} : { expiryTime: (valueOf('expiry-time') ?? '').slice(0, 20) }),
  }
}

/** `environment="TOKEN=…"` puts a secret into the file. */
function* secretsOf(
  options: readonly KeyOption[],
  principal: Ref,
  provenance: Provenance,
  context: ReadContext,
): Generator<Observation> {
  for (const { name, value } of options) {
    if (name !== 'environment' || value === undefined) continue
    const [variable = '', ...rest] = value.split('=')
    const secret = rest.join('=')
    if (!isSecretEntry(variable, secret)) continue
    const hint = context.hint(secret)
    const fingerprint = context.fingerprint(secret)
    yield {
      type: 'credential',
      credentialType: 'password',
      exposure: 'embedded',
      fingerprint,
      ...(hint === undefined ? {} : { hint }),
      name: variable,
      rule: 'authorized-keys-environment',
      confidence: 0.9,
      provenance,
    }
    yield { type: 'consumer', principal, credential: { fingerprint }, provenance }
  }
}
