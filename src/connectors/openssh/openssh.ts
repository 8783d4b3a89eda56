// OpenSSH: who may log in where with which key, and how a server lets people in. Private keys stay where they are.
import type { Observation } from '#kernel'
import type { Connector, ReadContext, UntrustedFile } from '../port.ts'
import { discoverAuthorizedKeys } from './authorized-keys.ts'
import { discoverClientConfig } from './client-config.ts'
import { discoverKnownHosts } from './known-hosts.ts'
import { discoverPrivateKeys } from './private-keys.ts'
import { discoverPublicKeys } from './public-keys.ts'
import { discoverServerConfig } from './server-config.ts'

const PRIVATE = /^-----BEGIN OPENSSH PRIVATE KEY-----/m
const PUBLIC = /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp|sk-(?:ssh|ecdsa)-)[\w@.-]* AAAA/m
const HEAD = 65_536

interface Form {
  readonly path: RegExp
  readonly head?: RegExp
  discover(file: UntrustedFile, context: ReadContext): Iterable<Observation>
}

/** The first form whose path (and head) fits reads the file. */
const FORMS: readonly Form[] = [
  {
    path: /(?:^|\/)authorized_keys2?(?:\.[\w-]+)?$|(?:^|\/)authorized_keys(?:\.d)?\/[\w.-]+$|\.authorized_keys$/,
    discover: discoverAuthorizedKeys,
  },
  { path: /(?:^|\/)(?:ssh_)?known_hosts2?(?:\.[\w-]+)?$/, discover: discoverKnownHosts },
  { path: /(?:^|\/)sshd_config$|(?:^|\/)sshd_config\.d\/[^/]+\.conf$/, discover: discoverServerConfig },
  {
    path: /(?:^|\/)ssh_config$|(?:^|\/)ssh_config\.d\/[^/]+\.conf$|(?:^|\/)\.ssh\/config$/,
    discover: discoverClientConfig,
  },
  { path: /\.pub$|(?:^|\/)[\w.-]*(?:ca|user_ca|trusted)[\w.-]*_keys?$/i, head: PUBLIC, discover: discoverPublicKeys },
  { path: /(?:)/, head: PRIVATE, discover: discoverPrivateKeys },
]

function formOf(file: UntrustedFile): Form | undefined {
  return FORMS.find(
    ({ path, head }) => path.test(file.path) && (head === undefined || head.test(file.text().slice(0, HEAD))),
  )
}

export const openssh: Connector = {
  id: 'openssh',
  title: 'OpenSSH keys and configuration',
  reads: 'authorized_keys, known_hosts (@cert-authority, @revoked), public and private keys, sshd_config, ssh_config',
  verbs: ['discover'],
  blindSpots: [
    'keys that sshd takes from AuthorizedKeysCommand, from a directory or from a certificate authority are not in these files',
    'whether a key was ever used, and since when it is there, is not written in authorized_keys',
    'settings that sshd_config leaves out are the defaults of the OpenSSH version in use, which is not known',
  ],
  accepts: (file) => !file.binary && formOf(file) !== undefined,
  discover: (file, context) => formOf(file)?.discover(file, context) ?? [],
}
