// GitHub: Actions workflows and actions wherever they lie, organisation exports as the REST API returns them, CODEOWNERS.
import type { Observation } from '#kernel'
import type { Connector, UntrustedFile } from '../port.ts'
import { isActionDefinition, readActionDefinition } from './action-definition.ts'
import { isCodeowners, readCodeowners } from './codeowners.ts'
import { isExport, readExport } from './export.ts'
import { isWorkflow, readWorkflow } from './workflow.ts'

const YAML = /\.ya?ml$/i
const WORKFLOW_PATH = /(?:^|\/)\.github\/workflows\/[^/]+\.ya?ml$/i
const ACTION_PATH = /(?:^|\/)action\.ya?ml$/i
const HEAD_MAX = 65_536

/** Top-level keys that only a workflow has together; an action's definition has `runs` with `using` below it. */
const looksLikeActions = (text: string): boolean =>
  (/^["']?(?:on|true)["']?[ \t]{0,40}:/m.test(text) && /^jobs[ \t]{0,40}:/m.test(text)) ||
  (/^runs[ \t]{0,40}:/m.test(text) && /^[ \t]{1,40}using[ \t]{0,40}:/m.test(text))

export const github: Connector = {
  id: 'github',
  title: 'GitHub',
  reads:
    'Actions workflows and action definitions; REST responses of an organisation (deploy keys, installations, token grants, secrets, hooks, runners, secret-scanning alerts, environments, collaborators); CODEOWNERS',
  verbs: ['discover'],
  blindSpots: [
    'a job without `permissions` gets what the repository or organisation sets by default, which no workflow file says',
    'what a third-party action or a reusable workflow elsewhere does is not read, only that it is used and how it is pinned',
    'images of `container` and `services`, and what a script downloads, are not checked for pins',
    'classic personal access tokens and SSH keys of people are in no export that an organisation can make',
  ],
  accepts(file) {
    // an old version of a workflow is no identity of today
    if (file.binary || file.origin === 'history') return false
    if (isCodeowners(file.path)) return true
    if (YAML.test(file.path)) {
      if (WORKFLOW_PATH.test(file.path) || ACTION_PATH.test(file.path)) return true
      return looksLikeActions(file.text().slice(0, HEAD_MAX))
    }
    return (/\.json$/i.test(file.path) || file.origin === 'stdin') && isExport(file.text())
  },
  *discover(file, context): Generator<Observation> {
    if (isCodeowners(file.path)) yield* readCodeowners(file)
    else if (YAML.test(file.path)) yield* readActions(file)
    else yield* readExport(file, context)
  },
}

function* readActions(file: UntrustedFile): Generator<Observation> {
  const { documents, problems } = file.yaml()
  for (const { line, message } of problems)
    yield { type: 'problem', connector: 'github', file: file.path, startLine: line, message }
  for (const document of documents) {
    if (isWorkflow(document.value)) yield* readWorkflow(file, document, document.value)
    else if (isActionDefinition(document.value)) yield* readActionDefinition(file, document, document.value)
    else if (WORKFLOW_PATH.test(file.path) && problems.length === 0) {
      yield {
        type: 'problem',
        connector: 'github',
        file: file.path,
        startLine: 1,
        message: 'no workflow: a file in this folder needs `on` and `jobs`',
      }
    }
  }
}
