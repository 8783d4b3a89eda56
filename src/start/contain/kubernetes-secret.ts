// Secrets of Kubernetes, as `kubectl get secret -o yaml` and manifests have them: their `data` is in base64. Pure.
import { parseAllDocuments } from 'yaml'

const MAY_BE_ONE = /\bkind["']?\s{0,9}:\s{0,9}["']?(?:Secret|List)\b/
const DEPTH_MAX = 5

/** The text with each `data` decoded, as JSON, and each file within one by itself; as it is where it holds no such object. */
export function decodedSecrets(text: string): readonly string[] {
  if (!MAY_BE_ONE.test(text)) return [text]
  const documents = parsed(text)
  const values = (documents ?? []).flatMap((one) => decodeWithin(one))
  return values.length === 0
    ? [text]
    : [JSON.stringify(documents), ...values.filter((value) => value.trim().includes('\n'))]
}

function parsed(text: string): unknown[] | undefined {
  try {
    // SECURITY: a warning of the parser would quote the text
    const documents = parseAllDocuments(text, { logLevel: 'silent' })
    if ('empty' in documents || documents.some(({ errors }) => errors.length > 0)) return undefined
    return documents.map((one) => one.toJS({ maxAliasCount: 10 }) as unknown)
  } catch {
    // more aliases than a manifest has: it is read line by line
    return undefined
  }
}

/** In place. Answers what it decoded. */
function decodeWithin(document: unknown, depth = 0): string[] {
  if (typeof document !== 'object' || document === null || depth > DEPTH_MAX) return []
  const { kind, data, items } = document as { kind?: unknown; data?: unknown; items?: unknown }
  if (Array.isArray(items)) return items.flatMap((one) => decodeWithin(one, depth + 1))
  if (kind !== 'Secret' || typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([key, value]) => {
    const text = typeof value === 'string' ? decoded(value) : undefined
    // what is no text is no password either, and not tried as it stands here
    Object.assign(data, { [key]: text ?? null })
    return text === undefined ? [] : [text]
  })
}

function decoded(value: string): string | undefined {
  const written = value.replaceAll(/\s/g, '')
  if (!/^[\w+/-]*={0,2}$/.test(written)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(written, 'base64')).replace(/\r?\n$/, '')
  } catch {
    // bytes of a key or a keystore
    return undefined
  }
}
