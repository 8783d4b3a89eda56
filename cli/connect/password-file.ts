// The password of one login where libpq looks for it: a file that only its owner reads, in a folder of its own, gone when the
// password is. SECURITY: never an argument and never in an environment, which other processes of the machine may read.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Login {
  readonly password: string
  readonly secondsGood: number
}

export interface PasswordFile {
  readonly path: string
  remove(): Promise<void>
}

export async function passwordFile({ password, secondsGood }: Login): Promise<PasswordFile> {
  // XDG_RUNTIME_DIR is in memory and its owner's alone
  const folder = await mkdtemp(join(process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), 'reeve-connect-'))
  const removeNow = (): void => rmSync(folder, { recursive: true, force: true })
  const timer = setTimeout(removeNow, secondsGood * 1000)
  timer.unref()
  process.once('exit', removeNow)
  const path = join(folder, 'pgpass')
  try {
    await writeFile(path, `*:*:*:*:${escaped(password)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    removeNow()
    throw error
  }
  return {
    path,
    remove: async () => {
      clearTimeout(timer)
      process.removeListener('exit', removeNow)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As `~/.pgpass` spells it. */
const escaped = (text: string): string => text.replaceAll(/[\\:]/g, String.raw`\$&`)
