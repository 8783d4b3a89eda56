// Putting several sightings' fields into one record: the first that says something wins, nothing is overwritten.

export function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V })
}

/** The first defined value that `pick` finds, in order. */
export function firstOf<F, T>(facts: readonly F[], pick: (fact: F) => T | undefined): T | undefined {
  for (const fact of facts) {
    const value = pick(fact)
    if (value !== undefined) return value
  }
  return undefined
}

/** The latest of the instants that are there. Instants compare as strings. */
export function latest<T extends string>(instants: readonly (T | undefined)[]): T | undefined {
  let best: T | undefined
  for (const at of instants) if (at !== undefined && (best === undefined || at > best)) best = at
  return best
}

/**
 * Members of all records; of a key that several have, the earliest record's value. SECURITY: keys come from outside
 * (`__proto__` is a legal label), so members are defined, never assigned.
 */
export function layered<V>(records: Iterable<Readonly<Record<string, V>> | undefined>): Record<string, V> {
  const members = new Map<string, V>()
  for (const record of records) {
    if (record === undefined) continue
    for (const [key, value] of Object.entries(record)) {
      if (value !== undefined && !members.has(key)) members.set(key, value)
    }
  }
  return Object.fromEntries(members)
}
