// YAML from outside: the `yaml` package, one document at a time, with limits on size, depth and what aliases expand to.
import { Composer, LineCounter, Parser } from 'yaml'
import type { Document } from 'yaml'
import type { ParsedDocument } from '../port.ts'
import { LineStarts } from './lines.ts'
import { listInChunks } from './yaml-list.ts'
import { documentOf, valueOf, YamlRefused } from './yaml-value.ts'
import type { YamlValue } from './yaml-value.ts'

/** The parser needs some sixty bytes of memory for each byte of one document. */
export const YAML_DOCUMENT_CHARS_MAX = 4 * 1024 * 1024
/** A list is cut into chunks from this size on. */
const CHUNKED_FROM = 256 * 1024
const PROBLEMS_MAX = 20

export interface YamlProblem {
  readonly line: number
  readonly message: string
  /** True for depth, size and aliases: a document that is refused, not one that is merely not YAML. */
  readonly refused?: boolean
}

export interface YamlDocuments {
  readonly documents: readonly ParsedDocument[]
  readonly problems: readonly YamlProblem[]
}

export interface YamlValues {
  readonly values: readonly YamlValue[]
  readonly problems: readonly YamlProblem[]
}

/** Never throws: what does not parse is a problem with its line, the other documents stand. */
export function parseYaml(text: string): YamlDocuments {
  const documents: ParsedDocument[] = []
  const problems: YamlProblem[] = []
  for (const { piece, lineOffset } of pieces(text)) {
    const read = parsePiece(piece, lineOffset)
    for (const value of read.values) documents.push(documentOf(value))
    problems.push(...read.problems.slice(0, PROBLEMS_MAX - problems.length))
  }
  return { documents, problems }
}

interface Piece {
  readonly piece: string
  /** Lines of the file before the piece. */
  readonly lineOffset: number
}

/** At the markers between documents; one piece when directives, which belong to the next document, are in use. */
function* pieces(text: string): Generator<Piece> {
  if (/^%/m.test(text)) {
    yield { piece: text, lineOffset: 0 }
    return
  }
  const starts = new LineStarts(text)
  let from = 0
  for (const { index } of text.matchAll(/^---(?![^\s])/gm)) {
    if (index === from) continue
    yield { piece: text.slice(from, index), lineOffset: starts.lineAt(from) - 1 }
    from = index
  }
  yield { piece: text.slice(from), lineOffset: starts.lineAt(from) - 1 }
}

function parsePiece(piece: string, lineOffset: number): YamlValues {
  if (piece.length >= CHUNKED_FROM) {
    const list = listInChunks(piece, lineOffset, parsePiece)
    if (list !== undefined) return list
  }
  if (piece.length > YAML_DOCUMENT_CHARS_MAX) {
    const message = `a YAML document is larger than ${YAML_DOCUMENT_CHARS_MAX / 1024 / 1024} MiB; export it as JSON`
    return { values: [], problems: [{ line: lineOffset + 1, message, refused: true }] }
  }
  const values: YamlValue[] = []
  const problems: YamlProblem[] = []
  const counter = new LineCounter()
  const lineAt = (offset: number): number => Math.max(1, counter.linePos(offset).line) + lineOffset
  const composer = new Composer({ prettyErrors: false, logLevel: 'silent', merge: true, uniqueKeys: false })
  // a broken text can give an error for each character, and most of an error's cost is its stack
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    for (const document of composer.compose(new Parser(counter.addNewLine).parse(piece))) {
      const read = convert(document, lineAt)
      if ('message' in read) problems.push(read)
      else values.push(read)
    }
  } catch {
    // the package walks nested nodes by recursion: what it cannot compose is too deep for the stack
    problems.push({ line: lineOffset + 1, message: 'the YAML is nested too deeply to be read', refused: true })
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
  return { values, problems }
}

function convert(document: Document, lineAt: (offset: number) => number): YamlValue | YamlProblem {
  const error = document.errors[0]
  if (error !== undefined) {
    const code = error.code.toLowerCase().replaceAll('_', ' ')
    return { line: lineAt(error.pos[0]), message: `the YAML does not parse: ${code}` }
  }
  try {
    return valueOf(document, lineAt)
  } catch (cause) {
    if (!(cause instanceof YamlRefused)) throw cause
    return { line: lineAt(cause.offset), message: cause.message, refused: true }
  }
}
