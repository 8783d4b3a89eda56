// The conditions of a right, as far as they are lists of what is left out; everything else is open.
import type { Json } from '#kernel'

export interface RightConditions {
  /** AWS `NotAction` and `NotResource`: everything but these. */
  readonly notActions: readonly string[]
  readonly notResources: readonly string[]
  /** Not all of its resources are in its list. */
  readonly listIsCut: boolean
  /** Something that the record does not decide: a condition block, a permission boundary. */
  readonly open: boolean
}

const NOTHING: RightConditions = { notActions: [], notResources: [], listIsCut: false, open: false }
const CUT_WORDS: ReadonlySet<string> = new Set(['resourcesShown', 'resourcesAll'])

export function conditionsOf(conditions: Json | undefined): RightConditions {
  if (conditions === undefined || conditions === null) return NOTHING
  if (typeof conditions !== 'object' || Array.isArray(conditions)) return { ...NOTHING, open: true }
  const { NotAction, NotResource, ...rest } = conditions as { readonly [key: string]: Json | undefined }
  const others = Object.keys(rest).filter((key) => !CUT_WORDS.has(key))
  return {
    notActions: textsOf(NotAction),
    notResources: textsOf(NotResource),
    listIsCut: rest['resourcesShown'] !== undefined,
    open: others.length > 0,
  }
}

const textsOf = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter((text) => typeof text === 'string') : []
