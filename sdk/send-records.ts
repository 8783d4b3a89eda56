// Sends what was decided to the server that is followed.
import type { SpoolLine, Taken } from '#access/decisions'
import { Fault } from '#kernel'

const WAIT_MS = 10_000
/** Of lines, at once; the server reads a MiB. */
export const RECORDS_BYTES_MAX = 768 * 1024

/** Throws where the server did not take them, Fault('too_large') where they were too many for it. */
export async function sendRecords(
  server: string,
  token: string,
  source: string,
  lines: readonly SpoolLine[],
): Promise<Taken> {
  const response = await fetch(new URL('/v1/decision-records', server), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ source, lines: lines.map(({ seq, text }) => ({ seq, text })) }),
    signal: AbortSignal.timeout(WAIT_MS),
  })
  const text = await response.text()
  if (response.status === 413) throw new Fault('too_large', 'the server takes fewer at once')
  if (!response.ok) throw new Fault('unprocessable', `the server answered ${response.status}`)
  return answerIn(text)
}

function answerIn(text: string): Taken {
  try {
    const { taken, lastSeq } = JSON.parse(text) as Partial<Taken>
    if (typeof taken === 'number') return { taken, ...(typeof lastSeq === 'number' && { lastSeq }) }
  } catch {
    // told below
  }
  throw new Fault('unprocessable', 'the server answered something else: is it Reeve?')
}
