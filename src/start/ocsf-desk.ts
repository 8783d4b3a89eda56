// Entries as OCSF events in one stream, beside a server on its own machine.
import { isUnmapped, listEntries, ocsfEvent } from '#evidence'
import type { Period } from '#evidence'
import { atDesk } from './evidence-desk.ts'
import type { DeskOptions } from './evidence-desk.ts'

const BATCH = 1000

export interface OcsfWritten {
  readonly events: number
  /** Of types that are in no class: written as Base Events. */
  readonly unmapped: number
}

/** NDJSON, in the order of the log. `write` is awaited, so that memory stays bounded. */
export async function exportOcsf(
  options: DeskOptions & {
    readonly period: Period
    readonly write: (lines: string) => Promise<void>
  },
): Promise<OcsfWritten> {
  const { period, release, write } = options
  const { from = '', to = '~' } = period
  return await atDesk(options, async ({ database }) => {
    const evidence = database.layer('evidence')
    const written = { events: 0, unmapped: 0 }
    for (let after = -1; ;) {
      const entries = await listEntries(evidence, { after, limit: BATCH })
      const wanted = entries.filter(({ at }) => at >= from && at < to)
      const lines = wanted.map((entry) => `${JSON.stringify(ocsfEvent(entry, { release }))}\n`)
      written.events += wanted.length
      written.unmapped += wanted.filter(({ type }) => isUnmapped(type)).length
      if (lines.length > 0) await write(lines.join(''))
      const last = entries.at(-1)
      if (last === undefined || entries.length < BATCH) return written
      after = last.seq
    }
  })
}
