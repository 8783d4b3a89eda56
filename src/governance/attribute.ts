// Reads attributes, which are plain JSON from a connector, as what a detector expects; anything else reads as absent.
import type { Json } from '#kernel'

type Attributes = Readonly<Record<string, Json | undefined>>

export const wordOf = (attributes: Attributes, name: string): string | undefined => {
  const value = attributes[name]
  return typeof value === 'string' ? value : undefined
}

export const isTrue = (attributes: Attributes, name: string): boolean => attributes[name] === true

export function wordsOf(attributes: Attributes, name: string): readonly string[] {
  const value = attributes[name]
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

export function recordsOf(attributes: Attributes, name: string): readonly Attributes[] {
  const value = attributes[name]
  return Array.isArray(value) ? value.filter(isAttributes) : []
}

export const recordOf = (attributes: Attributes, name: string): Attributes => {
  const value = attributes[name]
  return isAttributes(value) ? value : {}
}

export const isAttributes = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const lineOf = (attributes: Attributes, name = 'line'): number | undefined => {
  const value = attributes[name]
  return typeof value === 'number' ? value : undefined
}
