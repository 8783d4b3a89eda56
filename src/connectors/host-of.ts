// Which host, account and absolute path a file of a host's tree stands for: `web-1/etc/crontab` is `/etc/crontab` of
// `web-1`. Pure: reads the path only.
import { ref } from '#kernel'
import type { PrincipalFact, Provenance, Ref } from '#kernel'
import type { ReadContext } from './port.ts'

export interface HostOf {
  /** Scope for `ref('host', …)`: what `reeve.yaml` says, else the folder that holds the host's tree, else ''. */
  readonly scope: string
  /** The host's name, or '' when nothing says it. */
  readonly host: string
  /** The path on that host, with a leading slash when the tree's root is known. */
  readonly inner: string
}

const ROOT_FOLDERS = /(?:^|\/)(?=(?:etc|home|root|var|usr|opt|srv|Users)\/)/

/** The first folder that a host's root has marks the root. */
export function hostOf(path: string, context: Pick<ReadContext, 'scopeOf'>): HostOf {
  const stated = context.scopeOf('host', path)
  const mark = ROOT_FOLDERS.exec(path)
  const root = mark === null ? undefined : path.slice(0, mark.index)
  const inner = mark === null ? path : `/${path.slice(mark.index + mark[0].length)}`
  if (stated !== '') return { scope: stated, host: stated, inner }
  if (root === undefined || root === '') return { scope: '', host: '', inner }
  return { scope: root, host: root.slice(root.lastIndexOf('/') + 1), inner }
}

/** The account in whose home the path lies, or '' when the path does not say. */
export function accountOfHome(inner: string): string {
  if (/(?:^|\/)root\/\./.test(inner)) return 'root'
  const home = /(?:^|\/)(?:home|Users|var\/lib|srv|opt)\/([^/]+)\//.exec(inner)?.[1]
  return home ?? /(?:^|\/)([^/]+)\/\.[^/]+(?:\/|$)/.exec(inner)?.[1] ?? ''
}

export const hostUserRef = (host: HostOf, user: string): Ref => ref('host', user, host.scope)
/** A file of the host, for naming a key or a credential by its path. */
export const hostFileRef = (host: HostOf, absolutePath: string): Ref => ref('host', `file${absolutePath}`, host.scope)

export const onHost = (host: HostOf, what: string): string => (host.host === '' ? what : `${host.host}:${what}`)

/** An account that an input mentions; `/etc/passwd` is not read, so nothing here defines one. */
export function hostUser(host: HostOf, user: string, provenance: Provenance): PrincipalFact {
  const group = user.startsWith('%')
  return {
    type: 'principal',
    ref: hostUserRef(host, user),
    kind: group ? 'group' : 'service_account',
    nativeType: group ? 'host-group' : 'host-user',
    system: 'host',
    externalId: onHost(host, user),
    name: user,
    mentioned: true,
    provenance,
  }
}

/** The machine itself, where a file of its configuration is read. `file` names it when nothing else does. */
function hostMachineRef(host: HostOf, file: string): Ref {
  return ref('host', host.host === '' ? `of ${file}` : '.', host.scope)
}

export function hostMachine(
  host: HostOf,
  provenance: Provenance,
  about: Pick<PrincipalFact, 'mentioned' | 'attributes'>,
): PrincipalFact {
  return {
    type: 'principal',
    ref: hostMachineRef(host, provenance.file),
    kind: 'machine',
    nativeType: 'host',
    system: 'host',
    externalId: host.host === '' ? provenance.file : host.host,
    name: host.host === '' ? provenance.file : host.host,
    ...about,
    provenance,
  }
}
