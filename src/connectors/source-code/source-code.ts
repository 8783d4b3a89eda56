// Secrets in source code and configuration: any text file, from a provider's token to a password in a comment.
import { credentialRef } from '#kernel'
import type { CredentialFact, Observation, Provenance } from '#kernel'
import type { Connector, ReadContext, UntrustedFile } from '../port.ts'
import type { Candidate } from './candidate.ts'
import { serviceAccountAround, serviceAccountRef } from './key-pairs.ts'
import { pgpassLines } from './positional.ts'
import { CANDIDATES_MAX, scanText } from './scan-text.ts'
import { sourceText } from './source-text.ts'
import type { SourceText } from './source-text.ts'

const ID = 'source-code'

export const sourceCode: Connector = {
  id: ID,
  title: 'Secrets in source code and configuration',
  reads: 'any text file: provider tokens, private keys, connection strings, JWTs, passwords and secrets by context',
  verbs: ['discover'],
  readsHistory: true,
  blindSpots: [
    'binary files are not searched for secrets, nor are pictures, archives within archives and encrypted stores',
    'in lock files, minified bundles, style sheets and translations only tokens, keys and URLs with credentials are looked for, not named passwords',
    'a secret that is put together at run time, or that looks like an ordinary word beside an ordinary name, is not seen',
    'on a line of generated text with more than a hundred names in four kilobytes, not every name is tried; at most 5000 secrets are told of one file',
    'whether a secret still works is not tried',
  ],
  accepts: (file) => !file.binary && file.bytes.length > 5,
  *discover(file, context): Generator<Observation> {
    const source = sourceText(file)
    const { candidates, keyIds, stoppedAt } = scanText(source, context.scopeOf('cluster', file.path))
    if (stoppedAt !== undefined) {
      const message = `more than ${CANDIDATES_MAX} secrets in one file: the rest of it was not searched, scan it in parts`
      yield { type: 'problem', connector: ID, file: file.path, startLine: source.lineAt(stoppedAt), message }
    }
    for (const candidate of candidates) yield* observed(file, source, candidate, context)
    if (/^\.?pgpass(?:\.conf)?$/.test(source.kind.name)) {
      for (const candidate of pgpassLines(source)) yield* observed(file, source, candidate, context)
    }
    for (const { id, at } of keyIds) {
      const line = source.lineAt(at)
      yield {
        type: 'credential',
        ref: credentialRef.awsAccessKey(id),
        credentialType: 'aws_access_key',
        exposure: 'reference',
        name: id,
        rule: 'aws-access-key-id',
        confidence: 0.9,
        provenance: provenanceOf(file, line, line),
      }
    }
  },
}

function* observed(
  file: UntrustedFile,
  source: SourceText,
  candidate: Candidate,
  context: ReadContext,
): Generator<Observation> {
  const startLine = source.lineAt(candidate.start)
  const endLine = Math.max(startLine, source.lineAt(Math.max(candidate.start, candidate.end - 1)))
  const provenance = provenanceOf(file, startLine, endLine)
  const account = candidate.rule === 'private-key' ? serviceAccountAround(source, candidate) : undefined
  if (account !== undefined) {
    yield {
      type: 'principal',
      ref: serviceAccountRef(account.email),
      kind: 'service_account',
      nativeType: 'service-account',
      system: 'gcp',
      externalId: account.email,
      name: account.email.slice(0, account.email.indexOf('@')),
      mentioned: true,
      provenance,
    }
  }
  yield factOf(candidate, source, context, provenance, account)
}

function factOf(
  candidate: Candidate,
  source: SourceText,
  context: ReadContext,
  provenance: Provenance,
  account: { email: string; keyId?: string } | undefined,
): CredentialFact {
  const hint = candidate.rule === 'private-key' ? undefined : context.hint(candidate.secret, candidate.publicPrefix)
  const principal = account === undefined ? candidate.principal : serviceAccountRef(account.email)
  const name = safeName(candidate)
  const attributes = {
    ...candidate.attributes,
    ...(source.kind.rehearsal ? { rehearsal: true } : {}),
    ...(account?.keyId === undefined ? {} : { keyId: account.keyId }),
  }
  return {
    type: 'credential',
    ...(candidate.ref === undefined ? {} : { ref: candidate.ref }),
    ...(candidate.aliases === undefined ? {} : { aliases: candidate.aliases }),
    credentialType: candidate.credentialType,
    exposure: 'embedded',
    ...(principal === undefined ? {} : { principal }),
    fingerprint: context.fingerprint(candidate.secret),
    ...(hint === undefined ? {} : { hint }),
    ...(name === undefined ? {} : { name }),
    rule: account === undefined ? candidate.rule : 'gcp-service-account-key',
    confidence:
      Math.round((source.kind.rehearsal ? Math.max(0.5, candidate.confidence - 0.1) : candidate.confidence) * 100) /
      100,
    ...(candidate.expiresAt === undefined ? {} : { expiresAt: candidate.expiresAt }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    provenance,
  }
}

/** SECURITY: a name that holds the secret, or is held by it, is not passed on. */
function safeName({ name, secret }: Candidate): string | undefined {
  if (name === undefined || name.length > 120) return undefined
  const [a, b] = [name.toLowerCase(), secret.toLowerCase()]
  return b.length >= 3 && a.includes(b) ? undefined : name
}

function provenanceOf(file: UntrustedFile, startLine: number, endLine: number): Provenance {
  return {
    connector: ID,
    file: file.path,
    startLine,
    endLine,
    ...(file.commit === undefined ? {} : { commit: file.commit }),
  }
}
