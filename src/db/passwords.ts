// The passwords that Reeve makes for its own database roles: random, in one file that only its user reads.
import { randomBytes } from 'node:crypto'
import { chmod, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Fault } from '#kernel'

export type Passwords = ReadonlyMap<string, string>

/** Reads the file, adds the roles that it lacks, and writes it back before anything uses them. */
export async function passwordsFor(path: string, roles: readonly string[]): Promise<Passwords> {
  const passwords = new Map(Object.entries((await readPasswords(path)) ?? {}))
  const missing = roles.filter((role) => !passwords.has(role))
  if (missing.length === 0) return passwords
  for (const role of missing) passwords.set(role, randomBytes(24).toString('base64url'))
  await writeDurably(path, `${JSON.stringify(Object.fromEntries(passwords), null, 2)}\n`)
  return passwords
}

export async function readPasswords(path: string): Promise<Record<string, string> | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Fault('database_refused', `\`${path}\` cannot be read: give it back to the user that Reeve runs as`, {
      cause: error,
    })
  }
  try {
    return JSON.parse(text) as Record<string, string>
  } catch {
    // SECURITY: no cause: the parser's message quotes the text
    throw new Fault('database_refused', `\`${path}\` is damaged: restore it from a backup`)
  }
}

/** Synced under another name, then renamed: after a crash it is the old file or the new one. */
async function writeDurably(path: string, text: string): Promise<void> {
  const making = `${path}.new`
  const file = await open(making, 'w', 0o600)
  try {
    await chmod(making, 0o600)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(making, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
