// The AWS action catalogue: which actions exist, how they are spelled and what they do. Read lazily, service by service.
import { AWS_ACTION_LINES } from './aws-actions-data.ts'

/** `permissions`: changes who may do what. AWS counts tagging apart because tags can decide rights. */
export type AwsActionLevel = 'list' | 'read' | 'tagging' | 'write' | 'permissions'

export interface AwsCatalogueAction {
  /** As AWS spells it; action names compare without case. */
  readonly name: string
  readonly level: AwsActionLevel
}

const LEVELS: Readonly<Record<string, AwsActionLevel>> = {
  l: 'list',
  p: 'permissions',
  r: 'read',
  t: 'tagging',
  w: 'write',
}

let lines: Map<string, string> | undefined
const parsed = new Map<string, ReadonlyMap<string, AwsCatalogueAction>>()

function linesByService(): Map<string, string> {
  lines ??= new Map(
    AWS_ACTION_LINES.split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const end = line.indexOf(' ')
        return end === -1 ? [line, ''] : [line.slice(0, end), line.slice(end + 1)]
      }),
  )
  return lines
}

/** Every service prefix, lower case. */
export function awsServices(): Iterable<string> {
  return linesByService().keys()
}

/** The actions of a service by lower-case name; `undefined` when the catalogue does not know the service. */
export function awsActionsOf(service: string): ReadonlyMap<string, AwsCatalogueAction> | undefined {
  const key = service.toLowerCase()
  const known = parsed.get(key)
  if (known !== undefined) return known
  const line = linesByService().get(key)
  if (line === undefined) return undefined
  const actions = new Map<string, AwsCatalogueAction>()
  for (const part of line.split(' ')) {
    const level = LEVELS[part.charAt(0)]
    if (level === undefined) continue
    for (const name of part.slice(2).split(',')) actions.set(name.toLowerCase(), { name, level })
  }
  parsed.set(key, actions)
  return actions
}
