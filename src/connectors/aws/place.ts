// Where a record of an AWS export stands, and what every record is read with.
import type { Provenance } from '#kernel'
import type { ParsedDocument, ReadProblem, UntrustedFile } from '../port.ts'
import { placeOf } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

export interface Place {
  readonly file: UntrustedFile
  readonly document: ParsedDocument
}

export const CONNECTOR = 'aws'

export const provenanceOf = (
  { file, document }: Place,
  node: object,
  object: string,
  key?: string | number,
): Provenance => placeOf(CONNECTOR, file, document, node, object, key)

/** SECURITY: the message never quotes the record. */
export function problemAt({ file, document }: Place, node: object, message: string, key?: number): ReadProblem {
  const startLine = document.line(node, key)
  return {
    type: 'problem',
    connector: CONNECTOR,
    file: file.path,
    ...(startLine === undefined ? {} : { startLine }),
    message,
  }
}

export type { UntrustedRecord }
