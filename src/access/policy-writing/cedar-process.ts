// Runs one job in a child process with limits of time and memory, and with nothing of our environment. Cedar's WebAssembly
// can abort the process that it runs in; here that costs one refused policy.
import { fork } from 'node:child_process'
import { Fault } from '#kernel'
import type { CedarAnswer, CedarJob } from './cedar-job.ts'

const TIME_MS_MAX = 20_000
const HEAP_MIB_MAX = 256
/** Pages of 64 KiB: 256 MiB. */
const WASM_PAGES_MAX = 4096

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './cedar-child.ts' : './cedar-child.js', import.meta.url)

export function runCedar(job: CedarJob, timeMsMax = TIME_MS_MAX): Promise<CedarAnswer> {
  return new Promise((resolve, reject) => {
    const child = fork(ENTRY, {
      execArgv: [`--max-old-space-size=${HEAP_MIB_MAX}`, `--wasm-max-mem-pages=${WASM_PAGES_MAX}`],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), timeMsMax)
    const refuse = (detail: string, cause?: unknown): void => {
      reject(new Fault('unprocessable', detail, { cause }))
    }
    child.once('message', (answer) => resolve(answer as CedarAnswer))
    child.once('error', (error) => refuse('the policy checker could not be started', error))
    child.once('exit', (_, signal) => {
      clearTimeout(timer)
      // after an answer this changes nothing
      refuse(
        signal === 'SIGKILL'
          ? `the policies could not be read within ${timeMsMax / 1000} s; split them or make them simpler`
          : 'the policies could not be read within the memory that is allowed; split them or make them simpler',
      )
    })
    child.send(job, (error) => {
      if (error !== null) child.kill('SIGKILL')
    })
  })
}
