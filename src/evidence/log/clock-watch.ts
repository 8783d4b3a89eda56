// A clock that was ahead and was set right: what is written from then on looks backdated beside what stands there already. The log
// says so itself, by an entry, and verifiers hold times against that (decision record 0027).
import { newId, REEVE } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { appendEntry } from '../append.ts'

/** So far an entry may be dated before another in front of it: an act is dated when it begins, and may take this long. */
const BACK_MS_MAX = 86_400_000
/** Of two servers whose clocks are so far apart each would say it of the other, again and again. */
const SAID_AGAIN_MS = 60_000
/** So far it looks back at a start, and so much it reads at once. */
const BATCH = 5000

export class ClockWatch {
  readonly #evidence: LayerDatabase
  #next: number | undefined
  /** Time of the newest entry since a clock was last said to be set back. */
  #newestMs = -Infinity
  #saidMs = -Infinity

  constructor(evidence: LayerDatabase) {
    this.#evidence = evidence
  }

  /** Looks at what was given its place since the last look; `at` is the time that a next entry would bear. */
  async look(at: Instant): Promise<void> {
    while ((await this.#read()) === BATCH);
    if (this.#newestMs - Date.parse(at) <= BACK_MS_MAX || performance.now() - this.#saidMs < SAID_AGAIN_MS) return
    const newest = new Date(this.#newestMs).toISOString()
    await this.#evidence.transaction(async (tx) => {
      const words = {
        id: newId('entry'),
        layer: 'evidence',
        type: 'clock.stepped',
        actor: REEVE,
        subjects: [],
      } as const
      await appendEntry(tx, { ...words, at, content: { newest } })
    })
    this.#saidMs = performance.now()
    this.#newestMs = Date.parse(at)
  }

  async #read(): Promise<number> {
    const rows = await this.#evidence.transaction(
      async (tx) =>
        await tx.query<{ seq: number; type: string; at: Instant }>(sql`
          select s.seq, e.type, e.at from evidence.sequence s join evidence.entry e on e.id = s.entry_id
          where s.seq >= coalesce(${this.#next ?? null}::bigint, (select max(seq) - ${BATCH - 2} from evidence.sequence), 0)
          order by s.seq limit ${BATCH}`),
      { readOnly: true },
    )
    for (const { seq, type, at } of rows) {
      this.#next = seq + 1
      const ms = Date.parse(at)
      if (type === 'clock.stepped') this.#newestMs = ms
      // rows are told of by an entry that is dated as the one in front of it
      else if (type !== 'rows.changed' && ms > this.#newestMs) this.#newestMs = ms
    }
    return rows.length
  }
}
