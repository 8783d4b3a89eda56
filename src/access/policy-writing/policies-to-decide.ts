// Policies that are to decide: what every way to check, compare and propose them refuses beside what cannot be read at all.
import { neverEqual } from './never-equal.ts'
import { problemAt, readPolicyText } from './policy-text.ts'
import type { PolicyTexts, ReadPolicies, TextProblem, WrittenPolicy } from './policy-text.ts'

/** What decisions are about; a scope that names another type never matches, and a `forbid` of it forbids nothing. */
const TYPES = { principal: 'Principal', action: 'Action', resource: 'Resource' } as const
type Side = keyof typeof TYPES

export async function readPoliciesToDecide(texts: PolicyTexts): Promise<ReadPolicies> {
  const nul = [texts.policies, texts.schema ?? ''].map((text) => text.indexOf('\0'))
  const [inPolicies = -1, inSchema = -1] = nul
  if (inPolicies !== -1) return { problems: [problemAt(texts.policies, inPolicies, NUL)] }
  if (inSchema !== -1) return { problems: [{ ...problemAt(texts.schema ?? '', inSchema, NUL), in: 'schema' }] }
  const read = await readPolicyText(texts)
  if (read.written === undefined) return read
  const { policies, templates } = read.written
  const at = ({ text, id }: WrittenPolicy, what: string, found = -1): TextProblem =>
    problemAt(texts.policies, Math.max(0, texts.policies.indexOf(text)) + Math.max(0, found), `\`${id}\`: ${what}`)
  const problems = [
    ...templates.map((part) => at(part, 'it has a slot; rights for single identities are grants here')),
    ...policies.filter(({ json }) => holdsNul(json)).map((part) => at(part, NUL, part.text.indexOf('\\0'))),
    ...policies.flatMap((part) => neverEqual(part).map(({ place, message }) => at(part, message, place))),
    ...policies.flatMap((part) =>
      neverMatching(part).map(({ side, type }) =>
        at(
          part,
          `the ${side} of a decision is a \`${TYPES[side]}\` that is in nothing else; a scope of \`${type}\` never matches`,
          part.text.indexOf(type),
        ),
      ),
    ),
  ]
  return problems.length > 0 ? { problems } : read
}

const NUL = 'a character U+0000 cannot be kept; leave it out'

/** As JSON writes it; a backslash that is itself escaped begins no escape. */
const holdsNul = (json: unknown): boolean => JSON.stringify(json).replaceAll('\\\\', '').includes('\\u0000')

interface Scope {
  readonly entity_type?: string
  readonly entity?: Named
  readonly entities?: readonly Named[]
  readonly in?: Scope
}
interface Named {
  readonly type?: string
  readonly __entity?: { readonly type?: string }
}

function neverMatching({ json }: WrittenPolicy): { readonly side: Side; readonly type: string }[] {
  const scopes = json as Readonly<Record<Side, Scope>>
  return (Object.keys(TYPES) as Side[]).flatMap((side) => {
    const types = typesOf(scopes[side])
    const other = types.find((type) => type !== TYPES[side])
    // of a list of actions, one that can match is enough
    const never = side === 'action' ? types.length > 0 && !types.includes(TYPES.action) : other !== undefined
    return never && other !== undefined ? [{ side, type: other }] : []
  })
}

const typesOf = ({ entity_type: is, entity, entities = [], in: within }: Scope): string[] => [
  ...(is === undefined ? [] : [is]),
  ...[...(entity === undefined ? [] : [entity]), ...entities].map((named) => named.__entity?.type ?? named.type ?? ''),
  ...(within === undefined ? [] : typesOf(within)),
]
