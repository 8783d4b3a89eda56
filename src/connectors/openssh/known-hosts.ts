// known_hosts: only its markers matter here: which authorities vouch for hosts, and which keys are revoked.
import type { Observation } from '#kernel'
import type { UntrustedFile } from '../port.ts'
import { publicKeyFact, readKeyLine } from './key-line.ts'

export function* discoverKnownHosts(file: UntrustedFile): Generator<Observation> {
  let line = 0
  for (const row of file.text().split('\n')) {
    line += 1
    const match = /^\s*@(cert-authority|revoked)[ \t]+([^ \t]{1,4000})[ \t]+([^]*)$/.exec(row.trim())
    const [, marker, patterns = '', rest = ''] = match ?? []
    if (marker === undefined) continue
    const entry = readKeyLine(rest)
    if (entry === undefined) {
      const message = `this \`@${marker}\` line holds no SSH public key that can be read: check its type and its base 64`
      yield { type: 'problem', connector: 'openssh', file: file.path, startLine: line, endLine: line, message }
      continue
    }
    yield publicKeyFact(
      entry.key,
      entry.comment,
      { connector: 'openssh', file: file.path, object: `@${marker}`, startLine: line, endLine: line },
      marker === 'revoked'
        ? { enabled: false, attributes: { revoked: true } }
        : {
            attributes: {
              certAuthority: true,
              // hashed names stay hashed
              hostPatterns: patterns.split(',').map((pattern) => (pattern.startsWith('|1|') ? 'hashed' : pattern)),
            },
          },
    )
  }
}
