// How a value follows its name, and what rules that look for it share.
import type { ReadValue } from './read-value.ts'

/** How the value follows: it decides how much the name's word counts. */
export type Way = 'assign' | 'compare' | 'call' | 'pair' | 'element' | 'flag' | 'space' | 'query' | 'prose' | 'typed'

export interface Assigned extends ReadValue {
  readonly way: Way
}

/** One try of a sticky pattern at an offset. */
export const at = (pattern: RegExp, text: string, from: number): RegExpExecArray | null => {
  pattern.lastIndex = from
  return pattern.exec(text)
}

export const withWay = (read: ReadValue | undefined, way: Way): Assigned | undefined =>
  read === undefined ? undefined : { ...read, way }
