// ssh_config and ~/.ssh/config: which key files a user's ssh is told to use.
import type { Observation } from '#kernel'
import { accountOfHome, hostFileRef, hostOf, hostUser } from '../host-of.ts'
import type { HostOf } from '../host-of.ts'
import type { ReadContext, UntrustedFile } from '../port.ts'

export function* discoverClientConfig(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const host = hostOf(file.path, context)
  const account = /(?:^|\/)\.ssh\/config$/.test(file.path) ? accountOfHome(host.inner) : ''
  let section = '*'
  let line = 0
  let named = false
  for (const row of file.text().split('\n')) {
    line += 1
    const [, keyword = '', rest = ''] =
      /^\s*([A-Za-z]+)[ \t]*[= \t][ \t]*([^]*)$/.exec(row.trimEnd().slice(0, 4096)) ?? []
    const name = keyword.toLowerCase()
    const value = rest.trim().replaceAll('"', '')
    if (name === 'host' || name === 'match') section = value
    if (name !== 'identityfile' || value === '' || value.toLowerCase() === 'none') continue
    const provenance = { connector: 'openssh', file: file.path, object: section, startLine: line, endLine: line }
    const path = absolute(value, host, account)
    const key = path === undefined ? undefined : hostFileRef(host, path)
    yield {
      type: 'credential',
      ...(key === undefined ? {} : { ref: key }),
      credentialType: 'private_key',
      exposure: 'reference',
      name: value.slice(0, 300),
      attributes: { forHosts: section },
      provenance,
    }
    if (account === '' || key === undefined) continue
    const user = hostUser(host, account, provenance)
    if (!named) yield user
    named = true
    yield { type: 'consumer', principal: user.ref, credential: { ref: key }, provenance }
  }
}

/** `~` is the home in which the configuration lies; a path with tokens (`%h`) names no one file. */
function absolute(value: string, host: HostOf, account: string): string | undefined {
  if (value.includes('%') || value.includes('$')) return undefined
  if (value.startsWith('/')) return value
  const home = /^(\/.*)\/\.ssh\/config$/.exec(host.inner)?.[1]
  if (home === undefined || account === '' || !value.startsWith('~/')) return undefined
  return `${home}${value.slice(1)}`
}
