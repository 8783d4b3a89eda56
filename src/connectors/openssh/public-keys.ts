// Public key files and certificates (`NAME.pub`, `NAME-cert.pub`, files of trusted authorities).
import type { Observation } from '#kernel'
import type { UntrustedFile } from '../port.ts'
import { publicKeyFact, readKeyLine } from './key-line.ts'

export function* discoverPublicKeys(file: UntrustedFile): Generator<Observation> {
  let line = 0
  for (const row of file.text().split('\n')) {
    line += 1
    const text = row.trim()
    if (text === '' || text.startsWith('#')) continue
    const entry = readKeyLine(text)
    if (entry === undefined) {
      const message = 'this line holds no SSH public key that can be read: check its type and its base 64'
      yield { type: 'problem', connector: 'openssh', file: file.path, startLine: line, endLine: line, message }
      continue
    }
    yield publicKeyFact(entry.key, entry.comment, {
      connector: 'openssh',
      file: file.path,
      startLine: line,
      endLine: line,
    })
  }
}
