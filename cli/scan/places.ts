// Places as a report gives them, and the orders that make two reports of one input equal.
import type { Location } from '#kernel'
import type { ReportLocation } from './contract.ts'

/** By code unit: the same on every machine, whatever its language. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Only what a place is; the rest of a provenance is the connector's affair. Each place once, in the order given. */
export function placesOf(locations: readonly Location[]): ReportLocation[] {
  return onlyOnce(locations.map(placeOf))
}

export function placeOf({ file, startLine, endLine, commit }: Location): ReportLocation {
  return {
    file,
    ...(startLine === undefined ? {} : { startLine }),
    ...(endLine === undefined ? {} : { endLine }),
    ...(commit === undefined ? {} : { commit }),
  }
}

export function onlyOnce<T>(values: readonly T[]): T[] {
  const seen = new Map<string, T>()
  for (const value of values) {
    const key = JSON.stringify(value)
    if (!seen.has(key)) seen.set(key, value)
  }
  return [...seen.values()]
}

export function comparePlaces(a: ReportLocation | undefined, b: ReportLocation | undefined): number {
  return (
    compareText(a?.file ?? '', b?.file ?? '') ||
    (a?.startLine ?? 0) - (b?.startLine ?? 0) ||
    (a?.endLine ?? 0) - (b?.endLine ?? 0) ||
    compareText(a?.commit ?? '', b?.commit ?? '')
  )
}

/** `aws/prod.json:34`, with the commit when it is not in the working tree. */
export function placeText(place: ReportLocation | undefined): string {
  if (place === undefined) return ''
  const at = place.startLine === undefined ? '' : `:${place.startLine}`
  return `${place.file}${at}${place.commit === undefined ? '' : ` @ ${place.commit.slice(0, 12)}`}`
}
