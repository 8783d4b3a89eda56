// A target in the process of a test, spoken to over HTTP: who holds what, as a real system would know it. It can be down, lie,
// and kill who calls it before or after it does what it is told.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { GrantAtTarget, GrantFulfiller } from './port.ts'

export interface TargetInTest {
  readonly url: string
  /** By grant: the newest fence that was seen, and whether the right is there. */
  readonly rights: Map<string, { fence: number; held: boolean; grant: GrantAtTarget }>
  /** Each call, in order: `activate grt_…`. */
  readonly calls: string[]
  /** What it does instead of what it is told; once each. */
  readonly faults: (Fault | undefined)[]
  /** What it always does instead. */
  always: Fault | undefined
  stop(): Promise<void>
}

type Fault = 'down' | 'refuses' | 'keeps it' | { readonly before: () => void } | { readonly after: () => void }

export async function targetInTest(): Promise<TargetInTest> {
  const rights: TargetInTest['rights'] = new Map()
  const target: Omit<TargetInTest, 'url' | 'stop'> = { rights, calls: [], faults: [], always: undefined }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { call, grant } = JSON.parse(Buffer.concat(chunks).toString()) as { call: string; grant: GrantAtTarget }
      target.calls.push(`${call} ${grant.id}`)
      const fault = target.faults.length > 0 ? target.faults.shift() : target.always
      if (typeof fault === 'object' && 'before' in fault) fault.before()
      if (fault === 'down' || (typeof fault === 'object' && 'before' in fault)) {
        request.socket.destroy()
        return
      }
      const answer =
        fault === 'refuses' ? { done: false, reason: 'not allowed here' } : perform(rights, call, grant, fault)
      if (typeof fault === 'object') fault.after()
      response.end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(target, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function perform(rights: TargetInTest['rights'], call: string, grant: GrantAtTarget, fault: unknown): object {
  const known = rights.get(grant.id)
  if (call === 'verify') {
    return known?.held === true
      ? { effect: 'unproven', reason: 'the right still holds' }
      : { effect: 'verified', answer: 'permission denied (42501)' }
  }
  if (known !== undefined && known.fence > grant.fence) return { done: false, reason: 'a later step was seen' }
  const held = call === 'activate' || (fault === 'keeps it' && known?.held === true)
  rights.set(grant.id, { fence: grant.fence, held, grant })
  return { done: true, answer: `${call} done` }
}

/** Speaks to it, from this or any other process. */
export function fulfillerInTest(url: string): GrantFulfiller {
  const ask =
    <T>(call: string) =>
    async (grant: GrantAtTarget, signal: AbortSignal): Promise<T> => {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify({ call, grant }), signal })
      return (await response.json()) as T
    }
  return {
    name: 'http:target',
    reaches: ({ resources }) => resources.some((resource) => resource === '*' || resource.startsWith('pg://')),
    activate: ask('activate'),
    end: ask('end'),
    verify: ask('verify'),
  }
}
