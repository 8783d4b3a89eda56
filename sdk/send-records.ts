// Sends what was decided to the server that is followed.
import type { SpoolLine } from '#access/decisions'
import { Fault } from '#kernel'

const WAIT_MS = 10_000

/** Throws where the server did not take them. */
export async function sendRecords(
  server: string,
  token: string,
  source: string,
  lines: readonly SpoolLine[],
): Promise<void> {
  const response = await fetch(new URL('/v1/decision-records', server), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ source, lines }),
    signal: AbortSignal.timeout(WAIT_MS),
  })
  await response.arrayBuffer()
  if (!response.ok) throw new Fault('unprocessable', `the server answered ${response.status}`)
}
