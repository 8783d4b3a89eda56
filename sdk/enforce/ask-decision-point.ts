// Asks a decision point over HTTP or its Unix socket, as AuthZEN has it. Nothing is kept: a revocation holds at the next request.
import http from 'node:http'
import https from 'node:https'
import type { Ask } from '#access/point'
import { Fault } from '#kernel'

export interface AskDecisionPointOptions {
  /** `https://reeve.example`, `http://127.0.0.1:7332`, `unix:/run/reeve/pdp.sock`. */
  readonly address: string
  /** Of scope `decide`, or the caller's token of `reeve pdp`; not needed on a Unix socket. Asked each time. */
  readonly token?: () => string | Promise<string>
  readonly timeLimitMs?: number
}

type Answer = Awaited<ReturnType<Ask>>

const TIME_LIMIT_MS = 3000
const ANSWER_BYTES_MAX = 1024 * 1024
const EVALUATION = '/access/v1/evaluation'

/** Throws Fault('usage') for an address that is none. */
export function askDecisionPoint({ address, token, timeLimitMs = TIME_LIMIT_MS }: AskDecisionPointOptions): Ask {
  const socketPath = address.startsWith('unix:/') ? address.slice('unix:'.length) : undefined
  const base = socketPath === undefined ? address : 'http://localhost'
  if (!/^https?:\/\//.test(base) || !URL.canParse(base)) {
    throw new Fault('usage', 'a decision point is at https://…, http://… or unix:/path')
  }
  const url = new URL(EVALUATION, base)
  const { Agent, request } = url.protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true })
  return async (body) => {
    const text = Buffer.from(JSON.stringify(body))
    const headers = {
      'content-type': 'application/json',
      'content-length': text.length,
      ...(token !== undefined && { authorization: `Bearer ${await token()}` }),
    }
    return await new Promise<Answer>((resolve, reject) => {
      const signal = AbortSignal.timeout(timeLimitMs)
      const where = { agent, signal, ...(socketPath !== undefined && { socketPath }) }
      const sent = request(url, { method: 'POST', headers, ...where }, (response) => {
        const parts: Buffer[] = []
        let length = 0
        response.on('data', (part: Buffer) => {
          length += part.length
          if (length > ANSWER_BYTES_MAX) response.destroy(new Fault('too_large', 'the answer is too long'))
          else parts.push(part)
        })
        response.on('error', reject)
        response.on('end', () => {
          try {
            resolve(answerIn(response.statusCode ?? 0, Buffer.concat(parts).toString('utf8')))
          } catch (cause) {
            reject(cause instanceof Error ? cause : new Error('unknown error'))
          }
        })
      })
      sent.on('error', reject)
      sent.end(text)
    })
  }
}

/** SECURITY: a decision is `true` or `false` in a 200; everything else is no answer. */
function answerIn(status: number, text: string): Answer {
  const body: unknown = status === 200 ? JSON.parse(text) : undefined
  if (typeof body === 'object' && body !== null && 'decision' in body && typeof body.decision === 'boolean') {
    return body as Answer
  }
  throw new Fault('unprocessable', `the decision point did not decide (${status})`)
}
