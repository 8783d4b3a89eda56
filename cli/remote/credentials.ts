// Where the server is and which token to show it: from the environment, else from a file that only its owner can read.
import { lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { Fault } from '#kernel'
import { codeOf } from '../terminal/write-out.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface Credentials {
  readonly url: string
  readonly token: string
}

export const URL_DEFAULT = 'http://127.0.0.1:7330'

export function credentialsFile(environment: Environment = process.env): string {
  const base = environment['XDG_CONFIG_HOME'] ?? ''
  return join(isAbsolute(base) ? base : join(environment['HOME'] ?? homedir(), '.config'), 'reeve', 'credentials.json')
}

/** What the file holds; `undefined` where there is none. Refuses one that others can read: its token is theirs too. */
export async function storedCredentials(file: string = credentialsFile()): Promise<Credentials | undefined> {
  let text: string
  try {
    const { mode } = await lstat(file)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Fault('usage', `others can read \`${file}\`: run chmod 600 \`${file}\`, and revoke the token in it`)
    }
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return undefined
    if (cause instanceof Fault) throw cause
    throw new Fault('usage', `\`${file}\` cannot be read (${codeOf(cause)})`, { cause })
  }
  const held = parsed(text)
  if (held === undefined) throw new Fault('usage', `\`${file}\` is not valid: remove it and run reeve login`)
  return held
}

function parsed(text: string): Credentials | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('url' in value) || !('token' in value)) return undefined
    const { url, token } = value
    return typeof url === 'string' && typeof token === 'string' ? { url, token } : undefined
  } catch {
    // not JSON
    return undefined
  }
}

/** Whole or not at all, 0600 from the first byte. */
export async function storeCredentials(credentials: Credentials, file: string = credentialsFile()): Promise<void> {
  const beside = `${file}.${process.pid}.tmp`
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await rm(beside, { force: true })
    const handle = await open(beside, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(credentials, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, file)
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined)
    throw new Fault('usage', `\`${file}\` cannot be written (${codeOf(cause)})`, { cause })
  }
}

/** It makes the first administrators, and is good for nothing else. */
const isBootstrapToken = (token: string): boolean => token.startsWith('reeve_b_')

/** For making the first administrators: what was exported, else what the start of the server kept. */
export const firstTokenAmong = (exported: string | undefined, kept: string | undefined): string | undefined =>
  [exported, kept].find((token) => token !== undefined && isBootstrapToken(token))

/**
 * REEVE_URL and REEVE_TOKEN outrank the file, one by one; a token of the file goes only to the server that it is for. The
 * first token of a server, exported before the login, does not outrank what that login has kept.
 */
export async function credentialsFrom(environment: Environment = process.env): Promise<Credentials> {
  const url = environment['REEVE_URL'] ?? ''
  const token = environment['REEVE_TOKEN'] ?? ''
  if (url !== '' && token !== '' && !isBootstrapToken(token)) return { url: checkedUrl(url), token }
  const file = credentialsFile(environment)
  const stored = await storedCredentials(file)
  if (isBootstrapToken(token)) {
    const at = checkedUrl(url === '' ? (stored?.url ?? URL_DEFAULT) : url)
    return stored !== undefined && checkedUrl(stored.url) === at ? { url: at, token: stored.token } : { url: at, token }
  }
  if (token !== '') return { url: checkedUrl(stored?.url ?? URL_DEFAULT), token }
  if (stored === undefined) {
    throw new Fault(
      'usage',
      'no token: set REEVE_TOKEN (and REEVE_URL), or run reeve login; the first start of reeve serve prints the first one',
    )
  }
  if (url !== '' && checkedUrl(url) !== checkedUrl(stored.url)) {
    // another port of this machine is the user's own word; another machine would be given the token
    if (isHere(url) && isHere(stored.url)) return { url: checkedUrl(url), token: stored.token }
    throw new Fault(
      'usage',
      `the token in \`${file}\` is for ${stored.url}, not for ${url}: run reeve login --url ${url}`,
    )
  }
  return { ...stored, url: checkedUrl(stored.url) }
}

/** SECURITY: a token goes over plain HTTP to this machine only. */
export function checkedUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Fault('usage', `\`${text}\` is no server address: write it as ${URL_DEFAULT}`)
  }
  if (url.protocol === 'http:' && !isHere(text)) {
    throw new Fault('usage', `a token to ${url.host} would travel unencrypted: use https://`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new Fault('usage', 'the address holds a password: give the token by REEVE_TOKEN')
  }
  return url.origin
}

function isHere(text: string): boolean {
  const hostname = URL.parse(text)?.hostname ?? ''
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
