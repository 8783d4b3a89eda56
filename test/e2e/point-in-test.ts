// Runs `reeve pdp` as a process, and asks it or a server for decisions.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { COMMAND } from '../scan/run-reeve.ts'
import { TABLE } from './decision-estate-in-test.ts'
import { cleanEnvironment } from './server-in-test.ts'

export interface PointProcess {
  /** As it printed it. */
  readonly address: string
  readonly stderr: () => string
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>
  kill(): Promise<void>
}

export async function startPoint(args: readonly string[]): Promise<PointProcess> {
  const child = spawn(process.execPath, [COMMAND, 'pdp', '--json', ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (data: Buffer) => (said += data.toString('utf8')))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const first = once(child.stdout, 'data').then(([data]) => (data as Buffer).toString('utf8'))
  const line = await Promise.race([first, ended.then((code) => assert.fail(`it ended with ${code}: ${said}`))])
  const { address } = JSON.parse(line) as { address: string }
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal)
    return await ended
  }
  return {
    address,
    stderr: () => said,
    stop: async () => await end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  }
}

export interface Context {
  readonly reason: string
  readonly decision_id: string
}

const agent = new Agent({ keepAlive: true })
const forget = new Agent({ keepAlive: true })

export interface Asked {
  readonly action?: string
  readonly context?: object
}

/** Asks whether the workload may read the table. `token` is not needed on a Unix socket. */
export async function decidedAt(
  address: string,
  name: string,
  token?: string,
  { action = 'pg:SELECT', context }: Asked = {},
): Promise<Context> {
  const body = JSON.stringify({
    subject: { type: 'kubernetes', id: name },
    action: { name: action },
    resource: TABLE,
    ...(context !== undefined && { context }),
  })
  const socketPath = address.startsWith('unix:') ? { socketPath: address.slice('unix:'.length) } : {}
  const url = new URL('/access/v1/evaluation', address.startsWith('unix:') ? 'http://localhost' : address)
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  return await new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, agent: 'socketPath' in socketPath ? forget : agent, ...socketPath }
    const sent = request(url, options, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const answer = JSON.parse(Buffer.concat(parts).toString('utf8')) as { decision: boolean; context: Context }
        if (response.statusCode === 200) resolve(answer.context)
        else resolve({ reason: `HTTP ${response.statusCode}`, decision_id: '' })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
