// An action's own definition (`action.yml`): what it runs, and whose code it brings into the caller's job.
import type { Observation } from '#kernel'
import type { ParsedDocument, UntrustedFile } from '../port.ts'
import { isRecord, member, optional, placeOf, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { usesFacts } from './action-uses.ts'
import { readSteps } from './job-steps.ts'
import { localAction, repositoryPlace } from './repository-place.ts'
import { injectionsIn } from './untrusted-code.ts'

export function isActionDefinition(value: unknown): value is UntrustedRecord {
  if (!isRecord(value)) return false
  const runs = member(value, 'runs')
  return isRecord(runs) && /^(?:composite|docker|node\d{1,3})$/.test(textIn(runs, 'using') ?? '')
}

/** The folder of `action.yml` names it; a definition under another file name is named by that file. */
function folderBelowRoot(path: string): string {
  const named = /^(?:(.*)\/)?action\.ya?ml$/i.exec(path)
  return named === null ? path : (named[1] ?? '')
}

export function* readActionDefinition(
  file: UntrustedFile,
  document: ParsedDocument,
  node: UntrustedRecord,
): Generator<Observation> {
  const place = repositoryPlace(file)
  const below = place.root === '' ? file.path : file.path.slice(place.root.length + 1)
  const { ref, externalId } = localAction(place, folderBelowRoot(below))
  const name = textIn(node, 'name') ?? externalId
  const runs = member(node, 'runs')
  if (!isRecord(runs)) return
  const steps = readSteps(member(runs, 'steps'), [])
  const at = placeOf('github', file, document, node, `action ${externalId}`)
  yield {
    type: 'principal',
    ref,
    kind: 'workload',
    nativeType: 'github-action',
    system: 'github',
    externalId,
    name,
    ...optional('purpose', purposeOf(node)),
    attributes: {
      using: textIn(runs, 'using') ?? '',
      ...optional('repository', place.repository),
      injections: steps.flatMap((step) => [...injectionsIn(step)].map(({ field, into }) => ({ field, into }))),
    },
    provenance: at,
  }
  const image = textIn(runs, 'image')
  if (image?.startsWith('docker://') === true)
    yield* usesFacts(ref, image, place, placeOf('github', file, document, runs, `action ${externalId}`, 'image'))
  for (const step of steps) {
    if (step.uses === undefined) continue
    yield* usesFacts(
      ref,
      step.uses,
      place,
      placeOf('github', file, document, step.node, `action ${externalId}`, 'uses'),
    )
  }
}

function purposeOf(node: UntrustedRecord): { text: string; reason: string } | undefined {
  const text = textIn(node, 'description')?.trim()
  return text === undefined ? undefined : { text: text.slice(0, 300), reason: "the action's description" }
}
