// References to secrets that Reeve does not keep: `file:PATH`, `env:NAME`, `exec:COMMAND ARG…`. Read when needed.
import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { isAbsolute, sep } from 'node:path'
import { Fault } from '#kernel'
import { codeOf } from './private-file.ts'

const BYTES_MAX = 64 * 1024
const COMMAND_MS_MAX = 10_000
const REFERENCE_LENGTH_MAX = 4096

export type Reference =
  | { readonly scheme: 'file'; readonly path: string }
  | { readonly scheme: 'env'; readonly name: string }
  | { readonly scheme: 'exec'; readonly command: string; readonly words: readonly string[] }

/**
 * What a reference that came from somebody else than the operator may point at. SECURITY: without it whoever may
 * configure a connection could run any command and read any file as the server.
 */
export interface ReferenceRules {
  /** Folders below which `file:` may read, after links. */
  readonly folders: readonly string[]
  /** Names that `env:` may read. */
  readonly variables: readonly string[]
  /** Commands, as absolute paths, that `exec:` may run. */
  readonly commands: readonly string[]
  /** Where it is used: what lies below `hosts/NAME` of a folder (`hosts/NAME,NAME`) is for hosts of that name, and no other. */
  readonly hosts?: readonly string[]
}

/** Below a folder that `file:` may read. */
const BOUND = 'hosts'

/** Throws Fault('unprocessable') on anything that is not a reference; SECURITY: what was given is not repeated. */
export function parseReference(text: string): Reference {
  const [, scheme, rest = ''] = /^(file|env|exec):(.*)$/s.exec(text) ?? []
  if (scheme === undefined || text.length > REFERENCE_LENGTH_MAX || text.includes('\0')) throw notAReference()
  if (scheme === 'env') {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) throw notAReference()
    return { scheme, name: rest }
  }
  if (scheme === 'file') {
    if (!isAbsolute(rest)) throw new Fault('unprocessable', 'a `file:` reference needs an absolute path')
    return { scheme, path: rest }
  }
  const [command = '', ...words] = wordsOf(rest)
  if (!isAbsolute(command))
    throw new Fault('unprocessable', 'an `exec:` reference needs the absolute path of a command')
  return { scheme: 'exec', command, words }
}

const notAReference = (): Fault =>
  new Fault(
    'unprocessable',
    'a secret is given as a reference, never as a value: write `file:PATH`, `env:NAME` or `exec:COMMAND ARG…`',
  )

/** Words as a shell would part them, without any of its other powers: quotes group, nothing is expanded. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g)].map(([word, double, single]) => double ?? single ?? word)
}

/** As it may be shown: of a command, only which. */
export function referenceName(reference: Reference): string {
  if (reference.scheme === 'file') return `file:${reference.path}`
  return reference.scheme === 'env' ? `env:${reference.name}` : `exec:${reference.command}`
}

/**
 * What is behind the reference: a file's bytes as they are; of a command's output one last line end is dropped. Throws
 * Fault('unprocessable') where `rules` forbid it, Fault('unreadable_input') where it cannot be had. SECURITY: no fault
 * shows what was read.
 */
export async function resolveReference(text: string, rules?: ReferenceRules): Promise<Buffer> {
  const reference = parseReference(text)
  if (rules !== undefined) await refuseForbidden(reference, rules)
  const bytes = await read(reference)
  if (bytes.length === 0) throw unreadable(reference, 'it is empty')
  return bytes
}

/** The same as text, for passwords and tokens: one last line end is dropped, of a file's too. */
export async function resolveText(text: string, rules?: ReferenceRules): Promise<string> {
  return (await resolveReference(text, rules)).toString('utf8').replace(/\r?\n$/, '')
}

async function read(reference: Reference): Promise<Buffer> {
  if (reference.scheme === 'file') return await readFileOf(reference)
  if (reference.scheme === 'exec') return await outputOf(reference)
  const value = process.env[reference.name]
  if (value === undefined) throw unreadable(reference, 'the variable is not set for the server')
  return Buffer.from(value, 'utf8')
}

async function refuseForbidden(reference: Reference, rules: ReferenceRules): Promise<void> {
  const allowed =
    reference.scheme === 'env'
      ? rules.variables.includes(reference.name)
      : reference.scheme === 'exec'
        ? rules.commands.includes(reference.command)
        : await isBelow(reference, rules)
  if (allowed) return
  throw new Fault(
    'unprocessable',
    `\`${referenceName(reference)}\` is not among the references that the server's configuration allows`,
  )
}

/** Throws Fault('unprocessable') for a file of another host. */
async function isBelow(
  reference: Reference & { scheme: 'file' },
  { folders, hosts }: Pick<ReferenceRules, 'folders' | 'hosts'>,
): Promise<boolean> {
  const real = await realpath(reference.path).catch(() => undefined)
  if (real === undefined) return false
  const roots = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)))
  const within = roots.flatMap((root) => {
    const start = root === undefined || root.endsWith(sep) ? root : root + sep
    return start !== undefined && real.startsWith(start) ? [real.slice(start.length).split(sep)] : []
  })
  const bound = within.find(([first, names = '']) => first === BOUND && !areAmong(hosts, names))
  if (bound === undefined) return within.length > 0
  const [, name = ''] = bound
  throw new Fault('unprocessable', `\`${referenceName(reference)}\` is for the host ${name}, and is given to no other`)
}

function areAmong(hosts: readonly string[] = [], names: string): boolean {
  const bound = new Set(names.toLowerCase().split(','))
  return hosts.length > 0 && hosts.every((host) => bound.has(host.toLowerCase()))
}

async function readFileOf(reference: Reference & { scheme: 'file' }): Promise<Buffer> {
  let file
  try {
    file = await open(reference.path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await file.stat()
    if (!stat.isFile()) throw unreadable(reference, 'it is not a file')
    if (stat.size > BYTES_MAX) throw unreadable(reference, `it is larger than ${BYTES_MAX} bytes`)
    return await file.readFile()
  } catch (error) {
    throw error instanceof Fault ? error : unreadable(reference, codeOf(error))
  } finally {
    await file?.close()
  }
}

/** SECURITY: no shell; nothing of the server's own settings in the environment; the whole process group ends in time. */
async function outputOf(reference: Reference & { scheme: 'exec' }): Promise<Buffer> {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('REEVE_'))
  return await new Promise((resolve, reject) => {
    const child = spawn(reference.command, reference.words, {
      env: Object.fromEntries(environment),
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
    const chunks: Buffer[] = []
    let size = 0
    const give = (why: string): void => {
      clearTimeout(timer)
      endGroup(child.pid)
      child.stdout.destroy()
      reject(unreadable(reference, why))
    }
    const timer = setTimeout(() => give(`it took longer than ${COMMAND_MS_MAX / 1000} seconds`), COMMAND_MS_MAX)
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > BYTES_MAX) give(`it wrote more than ${BYTES_MAX} bytes`)
    })
    child.on('error', (error) => give(codeOf(error)))
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code !== 0) reject(unreadable(reference, `it ended with ${signal ?? `code ${code}`}`))
      else resolve(withoutLineEnd(Buffer.concat(chunks)))
    })
  })
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}

function withoutLineEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1)
}

function unreadable(reference: Reference, why: string): Fault {
  return new Fault('unreadable_input', `\`${referenceName(reference)}\` gives no secret: ${why}`)
}
