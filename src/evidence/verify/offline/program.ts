// Verifies an audit bundle with nothing but Node: no part of Reeve, no dependency. In every bundle it is one file, which stands
// in the source of Reeve as the parts of src/evidence/verify/offline. It shares no code with the log, on purpose: what it
// accepts, it accepts by the published formats alone (RFC 6962, RFC 8785, C2SP signed-note, tlog-checkpoint, tlog-cosignature).
import { lstatSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { exitCodeOf } from './report.ts'
import { verifyBundle } from './verify-bundle.ts'
import { verifyReceipt } from './verify-receipt.ts'

const USAGE = `usage: node verify.mjs [FOLDER or RECEIPT.json] [--log-key KEY] [--witness-key KEY]…
       [--known-checkpoint FILE] [--accepted-restore FILE] [--expect-from DATE] [--expect-to DATE] [--json]
  --log-key            the key of the log, known from elsewhere than the bundle
  --witness-key        the key of a witness, from whoever runs it; may be repeated
  --known-checkpoint   a checkpoint of this log that you kept from an earlier visit; of several the last
  --accepted-restore   the note with which a witness accepted a restore of this log, from whoever runs it
  --expect-from, --expect-to   the period that you asked for, in UTC, such as 2026-01-01: the bundle has to cover it
exit code: 0 every check passed; 1 something was refused; 2 nothing was refused, and something could not be checked`

async function main(words: string[]): Promise<0 | 1 | 2> {
  const text = { type: 'string', multiple: true } as const
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      'log-key': text,
      'witness-key': text,
      'known-checkpoint': text,
      'accepted-restore': text,
      'expect-from': text,
      'expect-to': text,
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  const [folder = '.', ...more] = positionals
  const [logKey, ...otherKeys] = values['log-key'] ?? []
  const [known, ...otherKnown] = values['known-checkpoint'] ?? []
  const [restore, ...otherRestores] = values['accepted-restore'] ?? []
  const [from, ...otherFroms] = values['expect-from'] ?? []
  const [to, ...otherTos] = values['expect-to'] ?? []
  const twice = [more, otherKeys, otherKnown, otherRestores, otherFroms, otherTos].some(({ length }) => length > 0)
  if (twice) throw new Error('one folder, and each option but --witness-key once at most')
  const expected = { ...(from !== undefined && { from: instant(from) }), ...(to !== undefined && { to: instant(to) }) }
  const keys = { ...(logKey === undefined ? {} : { logKey }), witnessKeys: values['witness-key'] ?? [] }
  const findings = isReceipt(folder)
    ? await verifyReceipt(readFileSync(folder), keys)
    : await verifyBundle(folder, {
        ...keys,
        ...(known === undefined ? {} : { knownCheckpoint: readFileSync(known, 'utf8') }),
        ...(restore === undefined ? {} : { acceptedRestore: readFileSync(restore, 'utf8') }),
        expected,
      })
  if (values.json === true) console.log(JSON.stringify(findings, undefined, 2))
  else for (const { check, outcome, detail } of findings) console.log(plainLine(`${outcome}  ${check}: ${detail}`))
  return exitCodeOf(findings)
}

function instant(text: string): string {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00.000Z` : text
  const ms = Date.parse(day)
  // JavaScript rolls 31 February over into March
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== day)
    throw new Error(`\`${text}\` is no date: write it as 2026-01-31`)
  return day
}

const RECEIPT_BYTES_MAX = 1 << 20

/** A plain file, and not a folder, is one receipt. */
function isReceipt(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isFile() !== true) return false
  if (found.size > RECEIPT_BYTES_MAX) throw new Error('the file is longer than a receipt can be')
  return true
}

/** SECURITY: what a bundle says must not drive the terminal of whoever reads it. */
const plainLine = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd').replace(/^(\w+) {2}/, (word) => word.padEnd(8))

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`it cannot be verified: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  return 2 as const
})
