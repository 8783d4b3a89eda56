// A burst of changes over HTTP that remembers what was acknowledged, and what was asked for and got no answer.
import { randomUUID } from 'node:crypto'

/** What a change made, as the server answered it. */
export interface Made {
  readonly id: string
  readonly version: number
  readonly said: 'name' | 'purpose'
  readonly value: string
}

interface Change {
  readonly key: string
  readonly path: string
  readonly said: Made['said']
  readonly body: Readonly<Record<string, string>>
  readonly ifMatch?: number
}

interface Answered {
  readonly id: string
  readonly version: number
}

const CLIENTS = 4
const PURPOSES = 2

export class Burst {
  readonly #token: string
  readonly acknowledged: Made[] = []
  /** Asked for, and the server was killed before it answered. */
  unanswered: Change[] = []
  #registered = 0

  constructor(token: string) {
    this.#token = token
  }

  /** Until the server is there no more. Rejects where it refuses anything. */
  async run(url: string): Promise<void> {
    await Promise.all(Array.from({ length: CLIENTS }, async () => await this.#client(url)))
  }

  /** Asks again, under the same keys, for all that was not answered. */
  async settle(url: string): Promise<void> {
    const open = this.unanswered
    this.unanswered = []
    for (const change of open) {
      if ((await this.#ask(url, change)) === undefined) throw new Error(`the server ended at ${change.path}`)
    }
  }

  async #client(url: string): Promise<void> {
    for (;;) {
      const name = `burst-${(this.#registered += 1)}`
      const body = { kind: 'service_account', system: 'aws', name, externalId: name }
      let now = await this.#ask(url, { key: randomUUID(), path: '/v1/principals', said: 'name', body })
      for (let turn = 1; turn <= PURPOSES && now !== undefined; turn++) {
        now = await this.#ask(url, {
          key: randomUUID(),
          path: `/v1/principals/${now.id}/purpose`,
          said: 'purpose',
          body: { purpose: `${name} for the ${turn}. time` },
          ifMatch: now.version,
        })
      }
      if (now === undefined) return
    }
  }

  /** `undefined` where no answer came. */
  async #ask(url: string, change: Change): Promise<Answered | undefined> {
    const { key, path, said, body, ifMatch } = change
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.#token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
        ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
      },
      body: JSON.stringify(body),
    })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => undefined)
    if (answer === undefined) {
      this.unanswered.push(change)
      return undefined
    }
    if (answer.status >= 300) throw new Error(`${path} was refused with ${answer.status}: ${answer.text}`)
    const { id, version } = JSON.parse(answer.text) as Answered
    this.acknowledged.push({ id, version, said, value: body[said] ?? '' })
    return { id, version }
  }
}
