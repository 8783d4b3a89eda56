// The witness on HTTP: one route, bounded bodies, and what it remembers read by nobody.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Witness } from './witness.ts'

const BODY_BYTES_MAX = 64 * 1024
const REQUEST_MS_MAX = 10_000

/** Not listening yet. `onFailure` is told what kept it from cosigning; the caller sees 500. */
export function witnessServer(witness: Witness, onFailure: (error: unknown) => void): Server {
  const server = createServer((request, response) => {
    answer(witness, request, response).catch((error: unknown) => {
      onFailure(error)
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end('the witness cannot read or write its memory\n')
    })
  })
  server.requestTimeout = REQUEST_MS_MAX
  server.headersTimeout = REQUEST_MS_MAX
  server.maxRequestsPerSocket = 1000
  return server
}

async function answer(witness: Witness, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url !== '/add-checkpoint') return say(response, 404, 'POST /add-checkpoint is all there is')
  if (request.method !== 'POST') return say(response, 405, 'POST /add-checkpoint is all there is')
  const body = await readBody(request)
  if (body === undefined) return say(response, 413, 'the request is too large')
  const { status, contentType, body: text } = await witness.addCheckpoint(body)
  response.writeHead(status, { 'content-type': contentType })
  response.end(text)
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' })
  response.end(`${text}\n`)
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
