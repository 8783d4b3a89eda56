// Directories: LDIF, what PowerShell's Get-AD* commands write as JSON, and lab definitions in JSON.
import type { Observation, Provenance } from '#kernel'
import type { Connector, ParsedDocument, ReadContext, UntrustedFile } from '../port.ts'
import { entryFacts } from './entry.ts'
import { readLab } from './lab.ts'
import { readLdif } from './ldif.ts'
import { isRecord } from '../untrusted-value.ts'

const JSON_MARKS = /"(?:DistinguishedName|distinguishedName)"\s*:|"domains"\s*:/

export const directory: Connector = {
  id: 'directory',
  title: 'LDAP and Active Directory',
  reads:
    'LDIF; JSON of Get-ADUser, Get-ADComputer, Get-ADGroup, Get-ADServiceAccount; Active Directory lab definitions',
  verbs: ['discover'],
  blindSpots: [
    'access control lists of directory objects, group policies, certificate templates',
    'trusts between domains',
  ],
  accepts(file) {
    if (file.binary) return false
    if (/\.ldif$/i.test(file.path)) return true
    return /\.json$/i.test(file.path)
      ? JSON_MARKS.test(file.text())
      : /^(?:version: 1\s+)?dn::? /.test(file.text().slice(0, 200))
  },
  *discover(file, context): Generator<Observation> {
    const documents = file.json()
    if (documents === undefined) yield* fromLdif(file, context)
    else for (const document of documents) yield* fromJson(file, document, context)
  },
}

function* fromLdif(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  for (const entry of readLdif(file.text())) {
    if ('message' in entry) {
      yield { type: 'problem', connector: 'directory', file: file.path, startLine: entry.line, message: entry.message }
      continue
    }
    const { startLine, endLine, dn } = entry
    yield* entryFacts(entry, context, { connector: 'directory', file: file.path, startLine, endLine, object: dn })
  }
}

function* fromJson(file: UntrustedFile, document: ParsedDocument, context: ReadContext): Generator<Observation> {
  const rows: readonly unknown[] = Array.isArray(document.value) ? document.value : [document.value]
  for (const row of rows) {
    if (!isRecord(row)) continue
    const attributes = new Map<string, readonly string[]>()
    for (const [name, value] of Object.entries(row)) {
      const values = (Array.isArray(value) ? value : [value])
        .filter((each) => ['string', 'number', 'boolean'].includes(typeof each))
        .map(String)
      if (values.length > 0) attributes.set(name.toLowerCase(), values)
    }
    const dn = attributes.get('distinguishedname')?.[0]
    const startLine = document.line(row)
    const endLine = document.endLine(row)
    const provenance: Provenance = {
      connector: 'directory',
      file: file.path,
      ...(dn === undefined ? {} : { object: dn }),
      ...(startLine === undefined ? {} : { startLine }),
      ...(endLine === undefined ? {} : { endLine }),
    }
    if (dn !== undefined) yield* entryFacts({ dn, attributes }, context, provenance)
    else yield* readLab(row, document, context, provenance)
  }
}
