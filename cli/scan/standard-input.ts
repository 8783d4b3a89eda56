// Standard input, watched while it is read: a pipe whose first command failed must not pass for a clean estate.
import { fstatSync } from 'node:fs'
import { z } from 'zod'
import type { ReadResult } from '#connectors'
import { codeOf } from '../terminal/write-out.ts'

export const UNRECOGNISED = 'nothing on standard input was recognised'

const KEPT_BYTES_MAX = 65_536
/** An export with nothing in it, as `kubectl get … -o json` writes it for an empty cluster. */
const emptyList = z.object({ kind: z.string().endsWith('List'), items: z.array(z.unknown()).length(0) })

export interface StandardInput {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Why nothing of it counts; `undefined` when it was recognised. */
  unrecognised(read: ReadResult): string | undefined
}

export function standardInput(from: AsyncIterable<Uint8Array> = process.stdin): StandardInput {
  const start: Uint8Array[] = []
  let [size, failure] = [0, '']
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of from) {
        if (size < KEPT_BYTES_MAX) start.push(chunk)
        size += chunk.length
        yield chunk
      }
    } catch (cause) {
      failure = codeOf(cause)
    }
  }
  const why = (): string | undefined => {
    if (failure !== '') return `it cannot be read (${failure})`
    if (size === 0) return isDirectory() ? 'it is a directory' : 'it was empty'
    const text = size > KEPT_BYTES_MAX ? '' : Buffer.concat(start).toString('utf8')
    if (text.trim() === '' && size <= KEPT_BYTES_MAX) return 'it was blank'
    return isEmptyList(text) ? undefined : `no connector knows what these ${size} bytes are`
  }
  return {
    chunks: chunks(),
    unrecognised: (read) => {
      if (failure === '' && read.facts.some((fact) => 'provenance' in fact && fact.provenance.file === 'stdin'))
        return undefined
      const told = read.problems.some(({ file }) => file === 'stdin')
      const reason = told ? 'see the other error' : why()
      return reason === undefined ? undefined : `${UNRECOGNISED}: ${reason}`
    },
  }
}

function isEmptyList(text: string): boolean {
  try {
    return emptyList.safeParse(JSON.parse(text)).success
  } catch {
    return false
  }
}

/** The runtime reads a directory there as if it were empty. */
function isDirectory(): boolean {
  try {
    return fstatSync(0).isDirectory()
  } catch {
    return false
  }
}
