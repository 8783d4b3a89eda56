// The body of a request as text, within its limit.
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { Fault } from '#kernel'
import { BODY_BYTES_MAX } from '#access/decisions'

const JSON_TYPE = /^application\/json\s*(?:;|$)/i

/** Throws Fault('invalid') where it is not JSON by its own word, Fault('too_large') where it says to be too long. */
export function assertJson({ headers }: IncomingMessage): void {
  const type = headers['content-type']
  if (type !== 'application/json' && !JSON_TYPE.test(type ?? '')) {
    throw new Fault('invalid', 'send `Content-Type: application/json`')
  }
  if (Number(headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw tooLarge()
}

/** Calls back once: with the text, or with what is wrong. Not at all where the other side goes away. */
export function receive(request: IncomingMessage, done: (text: string | Fault) => void): void {
  const parts: Buffer[] = []
  let length = 0
  request.on('data', (part: Buffer) => {
    length += part.length
    if (length <= BODY_BYTES_MAX) parts.push(part)
  })
  request.on('end', () => {
    const [first] = parts
    const all = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
    // the rest was read and thrown away, so that the answer arrives
    if (length > BODY_BYTES_MAX) done(tooLarge())
    else done(isUtf8(all) ? all.toString('utf8') : new Fault('invalid', 'the body is not UTF-8'))
  })
}

const tooLarge = (): Fault =>
  new Fault('too_large', `at most ${BODY_BYTES_MAX} bytes are read; ask in several requests`)
