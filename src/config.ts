// reeve.yaml: its whole schema, and reading it. Strict: what is misspelled is an error with its line, never ignored.
import { z } from 'zod'
import type { ReadOptions, ScopeRule } from '#connectors'
import { SEVERITIES } from '#governance'
import type { GovernanceSettings, Severity } from '#governance'
import { ClassificationRules, ENVIRONMENTS, OwnerOverride, ownersFromRules } from '#identity'
import { CREDENTIAL_TYPES } from '#kernel'
import type { CredentialType } from '#kernel'
import { parseConfigYaml, refuse } from './config-problems.ts'
import { ServerFile, serverSettingsOf } from './config-server.ts'
import type { ServerSettings } from './config-server.ts'

export { parseConfigYaml, refuse as refuseConfig } from './config-problems.ts'
export type { ServerSettings } from './config-server.ts'

const text = z.string().min(1).max(2000)
const paths = z.union([text, z.array(text).max(1000)])
const days = z.int().min(1).max(36_500)
const accountId = z.string().regex(/^\d{12}$/, { error: 'an AWS account id has 12 digits: write it in quotes' })

const credentialTypes = Object.keys(CREDENTIAL_TYPES) as CredentialType[]
const scope = z.strictObject({
  files: paths.describe('path patterns as in CODEOWNERS'),
  name: text.describe('the cluster or host that these files describe'),
})

/** The file as it is written. `loadConfig` gives what is meant by it. */
export const ConfigFile = z
  .strictObject({
    people: paths.describe('feeds of people and teams (CSV), relative to this file'),
    classification: ClassificationRules.describe('what to set for which identities; later rules win'),
    owners: z.array(OwnerOverride).max(10_000).describe('who answers for which identities; later entries win'),
    rotateWithinDays: z
      .strictObject(
        Object.fromEntries(credentialTypes.map((type) => [type, days])) as Record<CredentialType, typeof days>,
      )
      .partial()
      .describe('rotation limit per credential type; halved where the privilege tier is high or admin'),
    firstPartyOwners: z.array(text).max(1000).describe('owners of CI actions that count as your own'),
    ownAccounts: z
      .array(
        z.union([
          accountId,
          z.strictObject({ id: accountId, name: text.optional(), environment: z.enum(ENVIRONMENTS).optional() }),
        ]),
      )
      .max(10_000)
      .describe('AWS accounts that are your own, with the environment each stands for'),
    clusters: z.array(scope).max(1000).describe('which files describe which Kubernetes cluster'),
    hosts: z.array(scope).max(10_000).describe('which files come from which host'),
    csv: z
      .array(z.strictObject({ files: paths, mapping: z.unknown() }))
      .max(1000)
      .describe('how tables of identities are read'),
    scan: z
      .strictObject({
        exclude: paths.describe('path patterns as in CODEOWNERS that are not read'),
        limits: z
          .strictObject({
            fileBytesMax: z.int().min(1024),
            filesMax: z.int().min(1),
            archiveDepthMax: z.int().min(0).max(10),
            secondsMax: z.int().min(1),
          })
          .partial(),
        failOn: z.enum([...SEVERITIES, 'none']).describe('exit 1 on findings of at least this severity'),
      })
      .partial(),
    server: ServerFile.describe('how `reeve serve` runs'),
  })
  .partial()
  .describe('Settings of Reeve (reeve.yaml)')

export interface Scope {
  readonly files: readonly string[]
  readonly name: string
}

/** What reeve.yaml means. Plain data, structured-clonable. */
export interface Config {
  readonly people: readonly string[]
  /** The environments of `ownAccounts` first, then the rules of the file. Pass this very array to `classify`. */
  readonly classification: ClassificationRules
  /** Owners set by classification rules first, then `owners`. */
  readonly owners: readonly OwnerOverride[]
  readonly governance: GovernanceSettings
  readonly clusters: readonly Scope[]
  readonly hosts: readonly Scope[]
  readonly csv: readonly { readonly files: readonly string[]; readonly mapping: unknown }[]
  readonly scan: {
    readonly exclude: readonly string[]
    readonly limits: Readonly<Partial<Record<'fileBytesMax' | 'filesMax' | 'archiveDepthMax' | 'secondsMax', number>>>
    readonly failOn?: Severity | 'none'
  }
  readonly server: ServerSettings
}

/** The part of a reader's options that the settings say. */
export type ReadingRules = Required<Pick<ReadOptions, 'limits' | 'scopes' | 'csvMappings'>>

/** What a timer can hold: more would fire at once. */
const TIMER_SECONDS_MAX = 2_147_483
const MIB = 1024 * 1024

/**
 * Throws Fault('config_invalid') that names every mistake as `FILE:LINE: what is wrong`. An empty file is no settings.
 *
 * SECURITY: a reeve.yaml inside a scanned tree is written by whoever writes the tree, and it can hide things: `scan.exclude`
 * keeps files from being read, owners and classification lower severities, `firstPartyOwners` and `ownAccounts` make
 * strangers first party. A caller that scans what it does not trust passes its own file or none (`--no-config`), and
 * whoever uses a found one says so in the report.
 */
export function loadConfig(yaml: string, fileName: string): Config {
  const parsed = parseConfigYaml(yaml, fileName)
  const checked = ConfigFile.safeParse(parsed.value)
  if (!checked.success) throw refuse(checked.error.issues, parsed, configJsonSchema())
  return meaningOf(checked.data)
}

const listed = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value

/** Without the members that were not written. */
function defined<K extends string>(
  values: { readonly [P in K]?: number | undefined } = {},
): Partial<Record<K, number>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<
    Record<K, number>
  >
}

function meaningOf(file: z.infer<typeof ConfigFile>): Config {
  const accounts = (file.ownAccounts ?? []).map((account) => (typeof account === 'string' ? { id: account } : account))
  const classification: ClassificationRules = [
    ...accounts.flatMap(({ id, environment }) =>
      environment === undefined ? [] : [{ match: { externalId: `arn:*:*:*:${id}:*` }, set: { environment } }],
    ),
    ...(file.classification ?? []),
  ]
  const scopes = (entries: readonly z.infer<typeof scope>[] = []): Scope[] =>
    entries.map(({ files, name }) => ({ files: listed(files), name }))
  return {
    people: listed(file.people),
    classification,
    owners: [...ownersFromRules(classification), ...(file.owners ?? [])],
    governance: {
      rotateWithinDays: defined(file.rotateWithinDays),
      firstPartyOwners: file.firstPartyOwners ?? [],
      ownAccounts: accounts.map(({ id }) => id),
    },
    clusters: scopes(file.clusters),
    hosts: scopes(file.hosts),
    csv: (file.csv ?? []).map(({ files, mapping }) => ({ files: listed(files), mapping })),
    scan: {
      exclude: listed(file.scan?.exclude),
      limits: defined(file.scan?.limits),
      ...(file.scan?.failOn === undefined ? {} : { failOn: file.scan.failOn }),
    },
    server: serverSettingsOf(file.server),
  }
}

/**
 * What a reader is told of `clusters`, `hosts`, `csv` and `scan.limits`; the caller adds what is excluded. `limits` are in
 * place of those of the settings. In the settings the last entry that matches counts, for a reader the first.
 */
export function readingRules({ clusters, hosts, csv, scan }: Config, limits = scan.limits): ReadingRules {
  const { fileBytesMax: size, archiveDepthMax: depth, secondsMax: seconds, filesMax: files } = limits
  return {
    limits: {
      ...(size === undefined ? {} : { fileBytes: size, namedFileBytes: size, binaryBytes: Math.min(size, MIB) }),
      ...(depth === undefined ? {} : { archiveDepth: depth }),
      ...(seconds === undefined ? {} : { seconds: Math.min(seconds, TIMER_SECONDS_MAX) }),
      ...(files === undefined ? {} : { files }),
    },
    scopes: [
      ...scopeRules(clusters, (glob, name) => ({ glob, cluster: name })),
      ...scopeRules(hosts, (glob, name) => ({ glob, host: name })),
    ],
    csvMappings: csv.toReversed().flatMap(({ files: globs, mapping }) => globs.map((glob) => ({ glob, mapping }))),
  }
}

const scopeRules = (scopes: readonly Scope[], rule: (glob: string, name: string) => ScopeRule): ScopeRule[] =>
  scopes.toReversed().flatMap(({ files, name }) => files.map((glob) => rule(glob, name)))

/** JSON Schema (2020-12) of the file, for editors; published as docs/schemas/reeve-yaml.schema.json. */
export function configJsonSchema(): Record<string, unknown> {
  return {
    $id: 'urn:reeve:schema:reeve-yaml:1',
    ...z.toJSONSchema(ConfigFile, { io: 'input', target: 'draft-2020-12' }),
  }
}
