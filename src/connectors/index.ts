// The table of connectors and the ways to read through them.
import { csv } from './csv/csv.ts'
import { directory } from './directory/directory.ts'
import { entra } from './entra/entra.ts'
import { agents } from './agents/agents.ts'
import { aws } from './aws/aws.ts'
import { certificates } from './certificates/certificates.ts'
import { openssh } from './openssh/openssh.ts'
import { kubernetes } from './kubernetes/kubernetes.ts'
import { github } from './github/github.ts'
import { people } from './people/people.ts'
import { automation } from './automation/automation.ts'
import { terraform } from './terraform/terraform.ts'
import { sourceCode } from './source-code/source-code.ts'
import type { Connector } from './port.ts'

/** In the order in which a file is offered. */
export const CONNECTORS: readonly Connector[] = [
  aws,
  github,
  agents,
  people,
  entra,
  openssh,
  csv,
  directory,
  kubernetes,
  certificates,
  automation,
  terraform,
  sourceCode,
]

export type { Connector } from './port.ts'
export { readTree } from './read/read-tree.ts'
export type { ReadResult, ReadStats } from './read/read-tree.ts'
export type { ReadOptions, ReadProgress } from './read/read-options.ts'
export { scannedPaths } from './read/tree/scanned-paths.ts'
export { LIMITS } from './read/limits.ts'
export type { Limits } from './read/limits.ts'
export type { CsvMappingRule, ScopeRule } from './read/run/settings.ts'
export { ephemeralKey, givenKey } from './read/fingerprint.ts'
export type { FingerprintKey } from './read/fingerprint.ts'
