// Starts the prober and takes its answer. SECURITY: the secret goes in by standard input, never by arguments or environment,
// and the prober's process leaves no core file.
import { spawn } from 'node:child_process'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { OfferedCredential, StepCall, TargetCall } from '#connectors/target'
import { applicationName, tlsFor } from './administrator.ts'
import type { PlaceAnswer, ProbeAnswer, ProbeJob } from './probe-answer.ts'
import { placesOf } from './role.ts'
import { spelled } from './target-error.ts'

/** In the package's build everything stands side by side. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './probe-process.ts' : './probe-process.js', import.meta.url)
const PLACE_MS = 10_000
/** With the start of the process, and an attempt after the login. */
const PROCESS_MS = 3 * PLACE_MS
const OUTPUT_BYTES_MAX = 1 << 20
const CLEAN_ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

export interface Probe {
  readonly user: string
  readonly credential: OfferedCredential
  readonly attempt?: string
  /** For each place; ten seconds unless said otherwise. */
  readonly milliseconds?: number
}

/** Tries the login at the address, at each entrance and at each standby. What the prober could not answer for is unproven. */
export async function probe(
  call: TargetCall & Partial<Pick<StepCall, 'planId'>>,
  { user, credential, attempt, milliseconds }: Probe,
): Promise<ProbeAnswer> {
  const { settings } = call
  const places = placesOf(call)
  const tls = await tlsFor(settings, call.secretOf)
  const job: ProbeJob = {
    places,
    user,
    secret: credential.secret(),
    database: credential.database ?? settings.database,
    milliseconds: milliseconds ?? PLACE_MS,
    application: applicationName(call.planId, 'reeve probe'),
    ...(tls !== false && { ca: tls.ca }),
    ...(settings.probeInClear === true && { inClear: true }),
    ...(attempt !== undefined && { attempt }),
  }
  const line = await answered(JSON.stringify(job), call.signal)
  const answer = line === undefined ? undefined : parsed(line, places.length)
  if (answer !== undefined) return answer
  call.signal.throwIfAborted()
  const at = call.clock()
  return {
    prober: hostname(),
    places: places.map((place) => ({
      place: spelled(place),
      at,
      outcome: 'unproven',
      answer: 'the prober ended without an answer',
    })),
  }
}

function answered(job: string, signal: AbortSignal): Promise<string | undefined> {
  const program = [process.execPath, fileURLToPath(ENTRY)]
  const child = spawn('/bin/sh', ['-c', 'ulimit -c 0; exec "$0" "$@"', ...program], {
    env: CLEAN_ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: PROCESS_MS,
    killSignal: 'SIGKILL',
    signal,
  })
  return new Promise((resolve) => {
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.length > OUTPUT_BYTES_MAX) child.kill('SIGKILL')
    })
    child.once('error', () => resolve(undefined))
    child.once('close', (code) => resolve(code === 0 ? output : undefined))
    // a prober that was killed takes nothing any more
    child.stdin.on('error', () => undefined)
    child.stdin.end(job)
  })
}

/** INVARIANT: one answer for each place, each of the three kinds; else it is none. */
function parsed(line: string, places: number): ProbeAnswer | undefined {
  try {
    const answer = JSON.parse(line) as ProbeAnswer
    const whole = answer.places.length === places && answer.places.every(isAnswer)
    return whole && typeof answer.prober === 'string' ? answer : undefined
  } catch {
    // cut off, or nothing
    return undefined
  }
}

const isAnswer = (one: PlaceAnswer): boolean =>
  typeof one.place === 'string' && ['accepted', 'refused', 'unproven'].includes(one.outcome)
