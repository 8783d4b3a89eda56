// An Actions workflow: every job is a principal of its own, since each gets its own token.
import type { Observation } from '#kernel'
import type { ParsedDocument, UntrustedFile } from '../port.ts'
import { isRecord, member, placeOf, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { readJob } from './job.ts'
import { environmentOf } from './job-steps.ts'
import { repositoryPlace } from './repository-place.ts'
import type { RepositoryPlace } from './repository-place.ts'
import { triggersOf } from './untrusted-code.ts'

export interface Workflow {
  readonly file: UntrustedFile
  readonly document: ParsedDocument
  readonly place: RepositoryPlace
  readonly node: UntrustedRecord
  readonly name: string | undefined
  readonly triggers: readonly string[]
  readonly environment: UntrustedRecord
  /** Jobs without `permissions` of their own: what the workflow states holds for these. */
  readonly jobsWithoutPermissions: readonly string[]
}

/** YAML 1.1 reads a bare `on` as true; a document may ask for 1.1. */
const onOf = (node: UntrustedRecord): unknown => member(node, 'on') ?? member(node, 'true')

export function isWorkflow(value: unknown): value is UntrustedRecord {
  if (!isRecord(value) || !isRecord(member(value, 'jobs')) || onOf(value) === undefined) return false
  return Object.values(member(value, 'jobs') as UntrustedRecord).some(
    (job) => isRecord(job) && ['runs-on', 'steps', 'uses'].some((key) => Object.hasOwn(job, key)),
  )
}

export function* readWorkflow(
  file: UntrustedFile,
  document: ParsedDocument,
  node: UntrustedRecord,
): Generator<Observation> {
  const jobs = member(node, 'jobs')
  if (!isRecord(jobs)) return
  const workflow: Workflow = {
    file,
    document,
    place: repositoryPlace(file),
    node,
    name: textIn(node, 'name'),
    triggers: triggersOf(onOf(node)),
    environment: environmentOf(node),
    jobsWithoutPermissions: Object.keys(jobs).filter((id) => {
      const job = jobs[id]
      return isRecord(job) && !Object.hasOwn(job, 'permissions')
    }),
  }
  for (const [id, job] of Object.entries(jobs)) {
    if (isRecord(job)) yield* readJob(workflow, jobs, id, job)
    else {
      const { file: path, startLine } = placeOf('github', file, document, jobs, `job ${id}`, id)
      yield {
        type: 'problem',
        connector: 'github',
        file: path,
        ...(startLine === undefined ? {} : { startLine }),
        message: 'a job that is not a map: give it `runs-on` and `steps`; the other jobs were read',
      }
    }
  }
}
