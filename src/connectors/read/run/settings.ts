// What a reader needs to know, as plain data that can cross into a worker, and the context that adapters get from it.
import type { ReadContext } from '../../port.ts'
import { fingerprintOf, hintOf } from '../fingerprint.ts'
import type { FingerprintKey } from '../fingerprint.ts'
import type { Limits } from '../limits.ts'
import { matcher } from '../tree/path-rules.ts'

/** `glob` is a gitignore-style pattern below the scanned path; the first that matches and says the scope counts. */
export interface ScopeRule {
  readonly glob: string
  readonly cluster?: string
  readonly host?: string
}

/** `mapping` is what the csv connector understands. */
export interface CsvMappingRule {
  readonly glob: string
  readonly mapping: unknown
}

export interface ReadSettings {
  readonly key: FingerprintKey
  readonly limits: Limits
  readonly scopes: readonly ScopeRule[]
  readonly csvMappings: readonly CsvMappingRule[]
  /** Mappings that lie beside their table, by the table's path. */
  readonly csvMappingsBeside: ReadonlyMap<string, unknown>
}

export function contextOf({ key, scopes, csvMappings, csvMappingsBeside }: ReadSettings): ReadContext {
  const scopeRules = scopes.map((rule) => ({ ...rule, matches: matcher(rule.glob) }))
  const mappingRules = csvMappings.map((rule) => ({ ...rule, matches: matcher(rule.glob) }))
  return {
    fingerprint: (secret) => fingerprintOf(key, secret),
    hint: hintOf,
    scopeOf(kind, path) {
      const rule = scopeRules.find(({ matches, ...scope }) => scope[kind] !== undefined && matches.ignores(path))
      return rule?.[kind] ?? ''
    },
    csvMapping(path) {
      return csvMappingsBeside.get(path) ?? mappingRules.find(({ matches }) => matches.ignores(path))?.mapping
    },
  }
}
