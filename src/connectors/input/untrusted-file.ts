// One file as adapters see it: bytes, and parsed forms that are made once and shared.
import { isAscii, isUtf8 } from 'node:buffer'
import { ParseProblem } from '../port.ts'
import type { FileOrigin, UntrustedFile } from '../port.ts'
import { readJson } from './json-document.ts'
import type { JsonDocuments } from './json-document.ts'
import { LineStarts } from './lines.ts'
import { isTextName } from './text-name.ts'
import { parseYaml } from './yaml-documents.ts'
import type { YamlDocuments } from './yaml-documents.ts'

export interface FileIdentity {
  readonly path: string
  readonly origin: FileOrigin
  readonly commit?: string
  readonly repository?: string
  readonly repositoryPath?: string
}

/** What the reader asks beyond the port, after the connectors have had the file. */
export interface InputFile extends UntrustedFile {
  /** What `json()` left out beside the documents that it gave: broken lines of a stream. */
  jsonProblem(): ParseProblem | undefined
  /** As in the port; `refused` marks a document that is too large, too deep or expands too far. */
  yaml(): YamlDocuments
  /** Line of the first NUL byte of a text; `text()` has spaces in their place. */
  nulLine(): number | undefined
  /** Line of the first byte sequence that is not valid in the text's encoding. */
  invalidTextLine(): number | undefined
}

const NAMED_JSON = /\.(?:json|jsonl|ndjson|tfstate)(?:\.backup)?$/i
/** What nothing but JSON starts with; `[section]` is INI and a bare `{` may be a template. */
const OPENS_JSON_ONLY = /^\s*(?:\{\s*["}]|\[\s*[[{"\]])/
const HEAD_BYTES = 8192

export function untrustedFile(identity: FileIdentity, bytes: Uint8Array): InputFile {
  let decoded: Decoded | undefined
  let json: JsonDocuments | undefined
  let yaml: YamlDocuments | undefined
  const decode = (): Decoded => (decoded ??= withoutNul(identity.path, decodeText(bytes)))
  const named = NAMED_JSON.test(identity.path)
  const readJsonOnce = (): JsonDocuments => (json ??= jsonOf(decode().text, named))
  const held = (): boolean => named || (identity.origin === 'stdin' && OPENS_JSON_ONLY.test(decode().text))
  return {
    ...identity,
    bytes,
    binary: looksBinary(bytes, identity.path),
    text: () => decode().text,
    get validText() {
      return decode().valid
    },
    json() {
      const { documents, problem } = readJsonOnce()
      if (problem === undefined) return documents.length === 0 ? undefined : documents
      // a text that opens like JSON is only held to be JSON when its name says so: INI sections and templates open alike
      if (!held()) return undefined
      if (documents.length === 0) throw problem
      return documents
    },
    jsonProblem: () => (held() && json !== undefined && json.documents.length > 0 ? json.problem : undefined),
    yaml: () => (yaml ??= parseYaml(decode().text)),
    nulLine() {
      return decode().nulLine
    },
    invalidTextLine() {
      if (decode().valid) return undefined
      return lineOfReplacement(bytes, decode().text)
    },
  }
}

/**
 * True when the first 8 KiB hold a NUL byte and neither a byte order mark says that it is UTF-16 nor the name that it is
 * text. SECURITY: what reads such a file by its name may well read past a NUL, so one byte must not hide it.
 */
export function looksBinary(bytes: Uint8Array, path: string): boolean {
  const encoding = byteOrderMark(bytes)
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return false
  return bytes.subarray(0, HEAD_BYTES).includes(0) && !isTextName(path)
}

interface Decoded {
  readonly text: string
  readonly valid: boolean
  readonly nulLine?: number
}

/** A space is as long as a NUL, so every place stays where it is. */
function withoutNul(path: string, decoded: Decoded): Decoded {
  const at = decoded.text.indexOf('\0')
  if (at === -1 || !isTextName(path)) return decoded
  return { ...decoded, text: decoded.text.replaceAll('\0', ' '), nulLine: new LineStarts(decoded.text).lineAt(at) }
}

function jsonOf(text: string, named: boolean): JsonDocuments {
  const opens = named ? /\S/.test(text) : /^\s*(?:\/[/*]|[[{])/.test(text)
  return opens ? readJson(text) : { documents: [] }
}

function byteOrderMark(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return undefined
}

function decodeText(bytes: Uint8Array): { text: string; valid: boolean } {
  const encoding = byteOrderMark(bytes) ?? 'utf-8'
  if (encoding === 'utf-8') {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    // one byte for each character in memory, and several times as quick
    if (isAscii(bytes)) return { text: buffer.toString('latin1'), valid: true }
    if (isUtf8(bytes)) return { text: buffer.toString('utf8', startOfText(bytes)), valid: true }
    return { text: new TextDecoder(encoding).decode(bytes), valid: false }
  }
  try {
    return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), valid: true }
  } catch {
    return { text: new TextDecoder(encoding).decode(bytes), valid: false }
  }
}

const startOfText = (bytes: Uint8Array): number => (byteOrderMark(bytes) === 'utf-8' ? 3 : 0)

/** The text may hold U+FFFD of its own, so for UTF-8 the bytes are searched, line by line. */
function lineOfReplacement(bytes: Uint8Array, text: string): number {
  if (byteOrderMark(bytes) === 'utf-16le' || byteOrderMark(bytes) === 'utf-16be')
    return new LineStarts(text).lineAt(Math.max(0, text.indexOf('\uFFFD')))
  let line = 1
  for (let from = 0; from < bytes.length; line += 1) {
    const next = bytes.indexOf(10, from)
    const to = next === -1 ? bytes.length : next
    if (!isUtf8(bytes.subarray(from, to))) return line
    from = to + 1
  }
  return line
}
