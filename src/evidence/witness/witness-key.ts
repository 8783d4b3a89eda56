// A witness's own key: 32 bytes on its own disk, made at the first start, and read by nobody else.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Fault } from '#kernel'
import { COSIGNATURE_V1, signerFromSeed } from '../checkpoint/note.ts'
import type { NoteSigner } from '../checkpoint/note.ts'

/** Makes the key where there is none. */
export async function witnessSigner(keyFile: string, name: string): Promise<NoteSigner> {
  await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 })
  try {
    const handle = await open(keyFile, 'wx', 0o600)
    try {
      await handle.writeFile(`${randomBytes(32).toString('base64')}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return await keptSigner(keyFile, name)
}

/** Throws Fault('key_missing') where there is none, or where others can read it. */
export async function keptSigner(keyFile: string, name: string): Promise<NoteSigner> {
  const found = await stat(keyFile).catch((cause: unknown) => {
    throw new Fault('key_missing', `\`${keyFile}\`, the key of this witness, cannot be read`, { cause })
  })
  if ((found.mode & 0o077) !== 0)
    throw new Fault('key_missing', `\`${keyFile}\` is open to other users: chmod 600 it, or make a new key`)
  const seed = Buffer.from((await readFile(keyFile, 'utf8')).trim(), 'base64')
  if (seed.length !== 32) throw new Fault('key_missing', `\`${keyFile}\` holds no key: restore it from a backup`)
  try {
    return signerFromSeed(name, seed, COSIGNATURE_V1)
  } catch (cause) {
    throw new Fault('usage', 'the name of a witness has no white space and no plus sign', { cause })
  }
}
