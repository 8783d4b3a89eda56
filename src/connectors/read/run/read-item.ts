// Reads one item and offers it to the connectors; the same code in this thread and in a worker.
import type { ReadProblem } from '#kernel'
import { untrustedFile } from '../../input/untrusted-file.ts'
import type { Connector, ReadContext } from '../../port.ts'
import type { Limits } from '../limits.ts'
import { readFileFacts } from '../read-file.ts'
import { openFile } from './open-file.ts'
import type { WorkItem, WorkResult } from './work.ts'

export interface ItemReader {
  readonly connectors: readonly Connector[]
  readonly context: ReadContext
  readonly limits: Limits
}

/** Never throws. */
export function readItem(
  { identity, source, limit }: WorkItem,
  { connectors, context, limits }: ItemReader,
): WorkResult {
  const opened = 'bytes' in source ? source : openFile(source.absolute, limits, limit)
  if ('binary' in opened) return { observations: [], bytes: 0, outcome: 'binary' }
  if ('refused' in opened) return refused(identity.path, opened.refused)
  const offered = identity.origin === 'history' ? connectors.filter(({ readsHistory }) => readsHistory) : connectors
  const file = untrustedFile(identity, opened.bytes)
  const observations = readFileFacts(file, offered, context)
  return { observations, bytes: opened.bytes.length, outcome: 'read' }
}

export function refused(file: string, message: string): WorkResult {
  const problem: ReadProblem = { type: 'problem', file, message }
  return { observations: [problem], bytes: 0, outcome: 'refused' }
}

/** A copy that shares nothing. A fact that is not plain data is a connector's bug: it costs its file. */
export function sendable(result: WorkResult, item: WorkItem | undefined): WorkResult {
  try {
    return structuredClone(result)
  } catch {
    return refused(item?.identity.path ?? '', 'a connector gave something that is not data; please report it')
  }
}
