// What rows are judged against is read first: who left, what they knew, whose vendor ended, what is offered.
import type { Instant } from '#kernel'
import type { ControlSettings, Surroundings } from './control.ts'
import type { ControlReader } from './rows.ts'

const KNOWN_BATCH = 100

/** Of principals: filled while they are read, which is before what is judged against it. */
export interface Filled {
  readonly retired: Set<string>
  readonly administrative: Set<string>
  readonly exceptions: Map<string, string>
}

export async function readSurroundings(
  reader: ControlReader,
  settings: ControlSettings,
): Promise<Surroundings & Filled> {
  const leavers = new Map<string, Instant>()
  for await (const { id, data } of reader.leavers()) leavers.set(id, data.leftAt)
  const offboardedVendors = new Set<string>()
  for await (const { id, data } of reader.vendors()) if (data.state === 'offboarded') offboardedVendors.add(id)
  const offered = new Set<string>()
  for await (const id of reader.offered()) offered.add(id)
  return {
    at: reader.at,
    past: reader.past,
    settings,
    people: await reader.people(),
    leavers,
    knownByLeavers: reader.past ? new Map() : await knownByLeavers(reader, leavers),
    offboardedVendors,
    offered,
    retired: new Set(),
    administrative: new Set(),
    exceptions: new Map(),
  }
}

async function knownByLeavers(
  reader: ControlReader,
  leavers: ReadonlyMap<string, Instant>,
): Promise<Map<string, Instant>> {
  const known = new Map<string, Instant>()
  const ids = [...leavers.keys()]
  for (let from = 0; from < ids.length; from += KNOWN_BATCH) {
    for (const [person, credentials] of await reader.known(ids.slice(from, from + KNOWN_BATCH))) {
      const left = leavers.get(person)
      if (left === undefined) continue
      for (const credential of credentials) {
        const before = known.get(credential)
        if (before === undefined || before < left) known.set(credential, left)
      }
    }
  }
  return known
}
