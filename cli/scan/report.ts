// The scan's JSON contract (docs/schemas/scan-report.schema.json). Every other format is written from this value.
import type { ReadResult } from '#connectors'
import type { Finding } from '#governance'
import type { Id, Instant, Location } from '#kernel'
import type { Judgement } from './judge.ts'

export const SCHEMA_VERSION = '1.0'

export interface ReportPrincipal {
  readonly id: Id<'principal'>
  readonly kind: string
  readonly nativeType: string
  readonly name: string
  readonly source: string
  readonly externalId: string
  readonly environment: string
  readonly privilege: string
  readonly owner: string | null
  readonly locations: readonly Location[]
}

export interface Report {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly tool: { readonly name: 'reeve'; readonly version: string }
  readonly scannedAt: Instant
  readonly stats: {
    readonly files: number
    readonly bytes: number
    readonly principals: number
    readonly findings: number
  }
  readonly principals: readonly ReportPrincipal[]
  readonly findings: readonly Finding[]
  readonly errors: readonly { readonly file: string; readonly line: number | null; readonly message: string }[]
}

export function reportOf(read: ReadResult, { estate, findings }: Judgement, version: string): Report {
  const principals = [...estate.dossiers()].map(
    ({ principal, classification, access, ownership }): ReportPrincipal => ({
      id: principal.id,
      kind: principal.kind,
      nativeType: principal.nativeType,
      name: principal.name,
      source: principal.system,
      externalId: principal.externalId,
      environment: classification.environment.value,
      privilege: access.tier,
      owner: ownership.owner?.who ?? null,
      locations: principal.provenance.map(({ file, startLine, endLine }) => ({
        file,
        ...(startLine === undefined ? {} : { startLine }),
        ...(endLine === undefined ? {} : { endLine }),
      })),
    }),
  )
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'reeve', version },
    scannedAt: estate.asOf,
    stats: {
      files: read.stats.files,
      bytes: read.stats.bytes,
      principals: principals.length,
      findings: findings.length,
    },
    principals,
    findings,
    errors: read.problems.map(({ file, startLine, message }) => ({ file, line: startLine ?? null, message })),
  }
}
