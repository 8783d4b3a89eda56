// Runs a program to its end and tells how long it took and how much memory it had at its peak.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Run {
  readonly seconds: number
  readonly peakMiB: number
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** A Node program. Its threads count, for the peak is that of the process. */
export async function runNode(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-bench-peak-'))
  const peakFile = join(folder, 'peak')
  const started = performance.now()
  try {
    const child = spawn(process.execPath, ['--import', new URL('peak-memory.ts', import.meta.url).href, ...args], {
      cwd,
      env: { ...process.env, ...env, REEVE_BENCH_PEAK: peakFile },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    const seconds = (performance.now() - started) / 1000
    return {
      seconds,
      peakMiB: Number(readFileSync(peakFile, 'utf8')) / 1024,
      code,
      output: Buffer.concat(output).toString(),
      errors: Buffer.concat(errors).toString(),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
