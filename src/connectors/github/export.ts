// Responses of GitHub's REST API, saved by anybody: a record, an array, a page with `total_count`, pages in an array, or
// a map from an endpoint or a name to its response. Each record is recognised by its shape.
import type { Observation } from '#kernel'
import type { ParsedDocument, ReadContext, UntrustedFile } from '../port.ts'
import { isRecord, member, optional } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import {
  embeddedInResponse,
  isAlert,
  isDeployKey,
  isSecretRecord,
  isTokenGrant,
  isTokenResponse,
  readAlert,
  readDeployKey,
  readSecret,
  readTokenGrant,
} from './export-credentials.ts'
import { scopeIn, scopeOf } from './export-item.ts'
import type { ExportItem } from './export-item.ts'
import {
  isApp,
  isCollaborator,
  isHook,
  isInstallation,
  isMembership,
  isRunner,
  isRunnerGroup,
  readApp,
  readCollaborator,
  readHook,
  readInstallation,
  readMembership,
  readRunner,
  readRunnerGroup,
} from './export-principals.ts'
import { isEnvironment, isTokenDefault, readEnvironment, readTokenDefault } from './export-settings.ts'

interface Shape {
  readonly is: (record: UntrustedRecord, endpoint: string) => boolean
  readonly read: (item: ExportItem, context: ReadContext) => Iterable<Observation>
}

/** First match wins; all that is known of one kind of record stands in its entry. */
const SHAPES: readonly Shape[] = [
  { is: isAlert, read: readAlert },
  { is: isInstallation, read: readInstallation },
  { is: isApp, read: readApp },
  { is: isTokenGrant, read: readTokenGrant },
  { is: isDeployKey, read: readDeployKey },
  { is: isHook, read: readHook },
  { is: isRunnerGroup, read: readRunnerGroup },
  { is: isRunner, read: readRunner },
  { is: isMembership, read: readMembership },
  { is: isCollaborator, read: readCollaborator },
  { is: isTokenDefault, read: readTokenDefault },
  { is: isEnvironment, read: readEnvironment },
  { is: isSecretRecord, read: readSecret },
  // its value is read with those of all other responses
  { is: isTokenResponse, read: () => [] },
]

/** Lists of a page whose every record must be of a known shape. */
const LISTS = new Set(['secrets', 'installations', 'runners', 'runner_groups', 'environments'])

const MARKERS =
  /"(?:app_slug|repository_selection|token_expires_at|default_workflow_permissions|read_only|secret_type|allows_public_repositories|protection_rules|role_name|deliveries_url|ping_url|selected_repositories_url|token_last_eight|organization_url|temp_clone_token|total_count|machine_size_details)"\s{0,40}:/
const HEAD_MAX = 262_144

export const isExport = (text: string): boolean => MARKERS.test(text.slice(0, HEAD_MAX))

export function* readExport(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  for (const document of file.json() ?? []) {
    const reader = new Reader(file, document, context)
    const endpoint = file.path.replace(/\.json$/i, '').toLowerCase()
    const observations = [...reader.read(document.value, endpoint, scopeIn(file.path.replace(/\.json$/i, '')), 0)]
    if (!reader.known) continue
    yield* observations
    yield* embeddedInResponse(file, document, context)
  }
}

const DEPTH_MAX = 4

class Reader {
  readonly #file: UntrustedFile
  readonly #document: ParsedDocument
  readonly #context: ReadContext
  /** Whether any record was of a known shape: else the file is somebody else's. */
  known = false

  constructor(file: UntrustedFile, document: ParsedDocument, context: ReadContext) {
    this.#file = file
    this.#document = document
    this.#context = context
  }

  *read(value: unknown, endpoint: string, scope: string, depth: number): Generator<Observation> {
    if (depth > DEPTH_MAX) return
    if (Array.isArray(value)) {
      for (const item of value) yield* this.read(item, endpoint, scope, depth + 1)
    } else if (isRecord(value)) {
      const shape = SHAPES.find(({ is }) => is(value, endpoint))
      if (shape === undefined) yield* this.#inside(value, endpoint, scope, depth)
      else {
        this.known = true
        const item = {
          file: this.#file,
          document: this.#document,
          record: value,
          scope: scopeOf(value, scope),
          endpoint,
        }
        yield* shape.read(item, this.#context)
      }
    }
  }

  /** A page, a map of responses, or a record that holds one (the payload of an alert's webhook). */
  *#inside(record: UntrustedRecord, endpoint: string, scope: string, depth: number): Generator<Observation> {
    const page = member(record, 'total_count') !== undefined
    for (const [key, value] of Object.entries(record)) {
      if (typeof value !== 'object' || value === null) continue
      if (page && LISTS.has(key) && Array.isArray(value)) yield* this.#list(value, endpoint, key, scope)
      else if (!page || Array.isArray(value)) {
        const path = key.replace(/^(?:GET|get)\s+/, '')
        yield* this.read(value, path.toLowerCase(), scopeIn(path) || scope, depth + 1)
      }
    }
  }

  *#list(records: readonly unknown[], endpoint: string, key: string, scope: string): Generator<Observation> {
    for (const [index, record] of records.entries()) {
      // the page's own endpoint tells stores apart; its list's name says what the records are
      const about = `${endpoint} ${key}`
      if (isRecord(record) && SHAPES.some(({ is }) => is(record, about))) {
        yield* this.read(record, about, scope, 1)
        continue
      }
      this.known = true
      const startLine = this.#document.line(records, index)
      yield {
        type: 'problem',
        connector: 'github',
        file: this.#file.path,
        ...optional('startLine', startLine),
        message: `a record of \`${key}\` is not as the API returns it: save the response unchanged; the others were read`,
      }
    }
  }
}
