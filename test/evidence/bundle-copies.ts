// Copies of a bundle, for a lying exporter to change: he has the key of the log, and signs whatever he likes.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { formatNote, signNote } from '../../src/evidence/checkpoint/note.ts'
import { verifyBundle } from '../../src/evidence/verify/offline/verify-bundle.ts'
import type { VerifyOptions } from '../../src/evidence/verify/offline/verify-bundle.ts'
import { keyText, logKey, ORIGIN } from './estate.ts'

const run = promisify(execFile)

export interface Ran {
  readonly code: number
  readonly text: string
}

/** By Node alone, in the folder of the bundle and in an environment that knows nothing of where Reeve is. */
export async function verifyAlone(folder: string, words: readonly string[] = [], program = 'verify.mjs'): Promise<Ran> {
  try {
    const { stdout } = await run('/usr/bin/env', ['-i', process.execPath, program, ...words], { cwd: folder, env: {} })
    return { code: 0, text: stdout }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, text: stdout + stderr }
  }
}

export interface Manifest {
  readonly files: Record<string, { sha256: string; bytes: number; rows?: number }>
  readonly [key: string]: unknown
}

export class BundleCopies {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async make(): Promise<BundleCopies> {
    return new BundleCopies(await mkdtemp(join(tmpdir(), 'reeve-auditor-')))
  }

  async of(bundle: string): Promise<string> {
    const folder = await mkdtemp(join(this.folder, 'copy-'))
    await cp(bundle, folder, { recursive: true })
    return folder
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

export async function edit(folder: string, path: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(join(folder, path), 'utf8')
  const after = change(before)
  assert.notEqual(after, before, `${path} was changed`)
  await writeFile(join(folder, path), after)
}

/** Lists all files that are there and signs, after `change` of what the manifest says. */
export async function signAgain(
  folder: string,
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest
  const files: Manifest['files'] = {}
  for (const item of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(item.parentPath, item.name)
    const path = relative(folder, file).split(sep).join('/')
    if (!(await lstat(file)).isFile() || path.startsWith('manifest.')) continue
    const bytes = await readFile(file)
    files[path] = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
  }
  await signManifest(folder, `${JSON.stringify(change({ ...manifest, files }), undefined, 2)}\n`)
}

export async function signManifest(folder: string, text: string, signer = logKey()): Promise<void> {
  await writeFile(join(folder, 'manifest.json'), text)
  const note = `reeve audit bundle\n${ORIGIN}\n${createHash('sha256').update(text).digest('hex')}\n`
  await writeFile(join(folder, 'manifest.note'), formatNote({ text: note, signatures: [signNote(note, signer)] }))
}

/** By the sources of the same verifier, in this process: what failed, a line each. */
export async function refused(folder: string, options: VerifyOptions = {}): Promise<string | undefined> {
  const findings = await verifyBundle(folder, { logKey: keyText(logKey()), ...options })
  const failed = findings.filter(({ outcome }) => outcome === 'failed')
  return failed.length === 0 ? undefined : failed.map(({ check, detail }) => `${check}: ${detail}`).join('\n')
}
