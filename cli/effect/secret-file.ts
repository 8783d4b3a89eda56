// A secret that is given to a command: from a file or from standard input, never as an argument, which every process sees.
import { fstatSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { Fault } from '#kernel'
import type { AccountAt } from '#main'
import { say } from '../terminal/answer.ts'
import { plain } from '../terminal/text.ts'
import { codeOf } from '../terminal/write-out.ts'

/** As many characters as the server takes. */
const BYTES_MAX = 32_768
const FOR_OTHERS = 0o077

/** `-` is standard input; the end of the last line is no part of it. SECURITY: what it answers goes into the body of a request and nowhere else. */
export async function secretFrom(path: string): Promise<string> {
  const bytes = path === '-' ? await wholeInput() : await wholeFile(path)
  if (bytes.length > BYTES_MAX)
    throw new Fault('usage', `\`${path}\` is larger than ${BYTES_MAX} bytes: give a file with the one secret alone`)
  try {
    // what a shell of Windows redirects into a file
    const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8'
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes).replace(/\r?\n$/, '')
    if (text === '') throw new Fault('usage', `\`${path}\` is empty`)
    return text
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault('usage', `\`${path}\` is no text in UTF-8 or UTF-16`)
  } finally {
    bytes.fill(0)
  }
}

/** What of it is the secret of this account, and where it was used. SECURITY: as above. */
export async function secretOf(
  path: string,
  at: AccountAt,
  raw?: boolean,
): Promise<{ readonly secret: string; readonly database?: string }> {
  const text = await secretFrom(path)
  const { secretFor } = await import('#main')
  const { secret, database, form } = secretFor(text, at, raw)
  say(`It is tried with: ${plain(form)}.`)
  return { secret, ...(database !== undefined && { database }) }
}

/** Also what is no file of a disk: `--secret-file <(pass show db)` is a pipe, which gives what it has in pieces. */
async function wholeFile(path: string): Promise<Buffer> {
  const unreadable = (cause: unknown): never => {
    throw new Fault('usage', `\`${path}\` cannot be read (${codeOf(cause)})`, { cause })
  }
  const file = await open(path).catch(unreadable)
  try {
    const stat = fstatSync(file.fd)
    if (stat.isFile() && (stat.mode & FOR_OTHERS) !== 0)
      say(`Warning: others on this machine may read ${path}. \`chmod 600\` it, or remove it.`)
    const bytes = Buffer.alloc(BYTES_MAX + 1)
    for (let size = 0; ;) {
      const { bytesRead } = await file.read(bytes, size, bytes.length - size, null).catch(unreadable)
      size += bytesRead
      if (bytesRead === 0 || size === bytes.length) return bytes.subarray(0, size)
    }
  } finally {
    await file.close()
  }
}

async function wholeInput(): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of process.stdin) {
    pieces.push(piece as Buffer)
    size += (piece as Buffer).length
    if (size > BYTES_MAX) break
  }
  return Buffer.concat(pieces)
}
