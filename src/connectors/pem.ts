// PEM blocks of a text with their lines (RFC 7468, and the older form with headers). Pure; never throws.

export interface PemBlock {
  /** What stands behind BEGIN: `CERTIFICATE`, `RSA PRIVATE KEY`. */
  readonly label: string
  readonly startLine: number
  readonly endLine: number
  /** `Proc-Type` and the like, of the older encrypted form. */
  readonly headers: string
  /** Base 64 without white space. */
  readonly body: string
  /** False when the text ends, or another block begins, before END. */
  readonly complete: boolean
}

const PEM_BLOCKS_MAX = 20_000
const BEGIN = /^\s*-----BEGIN ([A-Z0-9 ]{1,60})-----\s*$/

/** In file order. Lines may be indented; text between the blocks is passed over. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  let open: { label: string; startLine: number; headers: string[]; body: string[] } | undefined
  let line = 0
  const close = (endLine: number, complete: boolean): void => {
    if (open !== undefined)
      blocks.push({ ...open, endLine, complete, headers: open.headers.join('\n'), body: open.body.join('') })
    open = undefined
  }
  for (const row of text.split('\n')) {
    line += 1
    if (blocks.length >= PEM_BLOCKS_MAX) break
    if (row.includes('-----BEGIN ')) {
      close(line - 1, false)
      const label = row.length > 200 ? undefined : BEGIN.exec(row)?.[1]
      if (label !== undefined) open = { label, startLine: line, headers: [], body: [] }
    } else if (open !== undefined && row.includes('-----END ')) close(line, true)
    else if (open !== undefined && row.includes(':')) open.headers.push(row.trim())
    else if (open !== undefined) open.body.push(row.trim())
  }
  close(line, false)
  return blocks
}

/** The bytes of a block, or `undefined` when its base 64 is damaged. */
export function pemBytes(block: PemBlock): Uint8Array | undefined {
  if (block.body === '' || /[^A-Za-z0-9+/=]/.test(block.body)) return undefined
  const bytes = Buffer.from(block.body, 'base64')
  // `Buffer` skips what it does not understand; a length that does not fit shows it
  return bytes.length >= Math.floor((block.body.replace(/=+$/, '').length * 3) / 4) ? bytes : undefined
}
