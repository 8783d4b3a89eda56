// Cedar itself, as tests use it: parses text exactly, also integers that its JSON form would round.
import * as cedar from '@cedar-policy/cedar-wasm/nodejs'

/** Strings, comments and names are stepped over, so that only integers are found. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*"|\/\/[^\n]*|[A-Za-z_][A-Za-z0-9_]*|([0-9]+)/g

/** Each beyond 53 bits becomes a number that the text does not hold, and a bigint again in what comes out. */
export function exactJson(text: string): Record<string, unknown> {
  const standIns = new Map<number, bigint>()
  let next = Number.MAX_SAFE_INTEGER - 1
  const safe = text.replaceAll(TOKEN, (token, digits: string | undefined) => {
    if (digits === undefined || Number.isSafeInteger(Number(digits))) return token
    while (text.includes(String(next))) next--
    standIns.set(next, BigInt(digits))
    return String(next--)
  })
  const restore = (json: unknown): unknown => {
    if (typeof json === 'number') {
      const exact = standIns.get(Math.abs(json))
      return exact === undefined ? json : json < 0 ? -exact : exact
    }
    if (Array.isArray(json)) return json.map(restore)
    if (typeof json !== 'object' || json === null) return json
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, restore(value)]))
  }
  const parts = cedar.policySetTextToParts(safe)
  if (parts.type === 'failure') throw new Error(parts.errors.map(({ message }) => message).join())
  // the parts come in the order of their ids
  const ids = parts.policies.map((_, index) => `policy${index}`).sort()
  return Object.fromEntries(
    parts.policies.map((policy, index) => {
      const answer = cedar.policyToJson(policy)
      if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join())
      return [ids[index] ?? '', restore(answer.json)]
    }),
  )
}

export const exactParse = (text: string): unknown =>
  JSON.parse(text, ((_: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?[0-9]+$/.test(source)
      ? BigInt(source)
      : value) as Parameters<typeof JSON.parse>[1])

export { cedar }
