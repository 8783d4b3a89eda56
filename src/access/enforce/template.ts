// Patterns of paths, and the names of resources that are made from what they hold.
import type { PathRead } from './read-path.ts'

type Step = { readonly literal: string } | { readonly name: string }

export interface Template {
  readonly steps: readonly Step[]
  /** The name of what takes all the rest, one part and more. */
  readonly rest?: string
  readonly slashAtEnd: boolean
}

export interface WrongTemplate {
  readonly at: 'path' | 'resource'
  readonly wrong: string
}

/** Of ASCII what needs no encoding in a path, but for `;` and `*`. */
const WORD = /^[\w\-.~!$&'()+,=:@\P{ASCII}]+$/u
const HOLE = /\{(\w+)\}/g
/** SECURITY: what a request holds must not choose which kind of thing it is about. */
const WHOLE_NAME = /^(?:[a-z][a-z0-9+.-]*:\/\/|arn:[a-z-]+:[a-z0-9-]+:)/

export function readTemplate(path: string, resource: string | undefined): Template | WrongTemplate {
  const wrong = (what: string): WrongTemplate => ({ at: 'path', wrong: what })
  if (!path.startsWith('/')) return wrong('a path begins with `/`')
  const slashAtEnd = path.endsWith('/')
  const parts = path === '/' ? [] : path.slice(1, slashAtEnd ? -1 : undefined).split('/')
  const steps: Step[] = []
  let rest: string | undefined
  for (const [at, part] of parts.entries()) {
    const [, name, all] = /^\{(\w{1,40})(\*?)\}$/.exec(part) ?? []
    if (name === undefined && !WORD.test(part)) {
      return wrong(`\`${part}\` is no part of a path: a word as it is sent, {name}, or {name*} at the end`)
    }
    if (all === '*' && (at !== parts.length - 1 || slashAtEnd)) return wrong('{name*} stands at the end only')
    if (all === '*') rest = name
    else steps.push(name === undefined ? { literal: part } : { name })
  }
  const names = [...steps.flatMap((step) => ('name' in step ? [step.name] : [])), ...(rest === undefined ? [] : [rest])]
  if (new Set(names).size !== names.length) return wrong('a name stands in it twice')
  const problem = resource === undefined ? undefined : problemOf(resource, names)
  if (problem !== undefined) return { at: 'resource', wrong: problem }
  return { steps, slashAtEnd, ...(rest !== undefined && { rest }) }
}

function problemOf(resource: string, names: readonly string[]): string | undefined {
  if (!WHOLE_NAME.test(resource)) return 'a whole name is needed, as order://shop/{id}'
  const missing = [...resource.matchAll(HOLE)].map(([, name = '']) => name).find((name) => !names.includes(name))
  if (missing !== undefined) return `\`{${missing}}\` does not stand in the path`
  return /[{}]/.test(resource.replaceAll(HOLE, '')) ? 'a hole is written {name}' : undefined
}

export type Held = ReadonlyMap<string, string>

/**
 * What the holes hold, `undefined` where the path is another one. `loosely` as programs that do not mind case or a last `/`, and that
 * decode what was sent before they compare it with a word.
 */
export function match(template: Template, { parts, plain, slashAtEnd }: PathRead, loosely: boolean): Held | undefined {
  const { steps, rest } = template
  if (rest === undefined ? parts.length !== steps.length : parts.length <= steps.length) return undefined
  if (!loosely && rest === undefined && slashAtEnd !== (template.slashAtEnd || parts.length === 0)) return undefined
  const held = new Map<string, string>()
  for (const [at, step] of steps.entries()) {
    const part = parts[at] ?? ''
    if ('name' in step) held.set(step.name, part)
    else if (loosely ? step.literal.toLowerCase() !== part.toLowerCase() : step.literal !== part || plain[at] !== true)
      return undefined
  }
  if (rest !== undefined) held.set(rest, parts.slice(steps.length).join('/') + (slashAtEnd ? '/' : ''))
  return held
}

export const fill = (resource: string, held: Held): string =>
  resource.replaceAll(HOLE, (_, name: string) => held.get(name) ?? '')
