// Runs the real command as a child process, as a user does.
import { spawn } from 'node:child_process'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import type { Report } from '../../cli/scan/contract.ts'

export const COMMAND = resolve('bin/reeve.js')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Never rejects: the exit code is part of the answer. `cwd` is where the command runs. */
export async function reeve(
  args: readonly string[],
  { cwd = process.cwd(), env = {}, stdin = '' }: { cwd?: string; env?: Record<string, string>; stdin?: string } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '', ...env },
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => err.push(data))
  child.stdin.on('error', () => {
    // the command may end without reading it
  })
  child.stdin.end(stdin)
  const code = await new Promise<number | null>((done) => {
    child.on('close', done)
  })
  return { code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }
}

/** A folder with these files, gone when the test ends. */
export async function folderOf(t: TestContext, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

export async function reportOn(folder: string, ...args: string[]): Promise<Report> {
  const { stdout, stderr } = await reeve(['scan', folder, '--format', 'json', ...args])
  try {
    return JSON.parse(stdout) as Report
  } catch {
    throw new Error(`no report: ${stderr}`)
  }
}

/** Service accounts that nobody is known to own: a finding each, in a format that has comments. */
export const accounts = (...names: readonly string[]): string =>
  names
    .map((name) => `---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}\n  namespace: shop\n`)
    .join('')
