// One file as adapters see it: bytes, and parsed forms that are made once and shared.
import { ParseProblem } from '../port.ts'
import type { FileOrigin, ParsedDocument, UntrustedFile } from '../port.ts'
import { parseJson } from './json-document.ts'
import { parseYaml } from './yaml-documents.ts'
import type { YamlDocuments } from './yaml-documents.ts'

export interface FileIdentity {
  readonly path: string
  readonly origin: FileOrigin
  readonly commit?: string
  readonly repository?: string
  readonly repositoryPath?: string
}

const NAMED_JSON = /\.(?:json|jsonl|ndjson|tfstate)(?:\.backup)?$/i

export function untrustedFile(identity: FileIdentity, bytes: Uint8Array): UntrustedFile {
  let decoded: { text: string; valid: boolean } | undefined
  let json: { documents: readonly ParsedDocument[] | undefined } | { problem: ParseProblem } | undefined
  let yaml: YamlDocuments | undefined
  const decode = (): { text: string; valid: boolean } => (decoded ??= decodeText(bytes))
  const encoding = byteOrderMark(bytes)
  return {
    ...identity,
    bytes,
    binary: encoding !== 'utf-16le' && encoding !== 'utf-16be' && bytes.subarray(0, 8192).includes(0),
    text: () => decode().text,
    get validText() {
      return decode().valid
    },
    json() {
      json ??= readJson(decode().text, NAMED_JSON.test(identity.path) || identity.origin === 'stdin')
      if ('problem' in json) throw json.problem
      return json.documents
    },
    yaml: () => (yaml ??= parseYaml(decode().text)),
  }
}

/** A text that opens like JSON is only held to be JSON when its name says so: INI sections and templates open alike. */
function readJson(
  text: string,
  named: boolean,
): { documents: readonly ParsedDocument[] | undefined } | { problem: ParseProblem } {
  const opening = /^\s*(?:\/[/*]|[[{])/.test(text)
  if (!opening) return { documents: undefined }
  try {
    return { documents: parseJson(text) }
  } catch (error) {
    if (!(error instanceof ParseProblem)) throw error
    return named ? { problem: error } : { documents: undefined }
  }
}

function byteOrderMark(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return undefined
}

function decodeText(bytes: Uint8Array): { text: string; valid: boolean } {
  const encoding = byteOrderMark(bytes) ?? 'utf-8'
  try {
    return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), valid: true }
  } catch {
    return { text: new TextDecoder(encoding).decode(bytes), valid: false }
  }
}
