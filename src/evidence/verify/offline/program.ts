// Verifies an audit bundle with nothing but Node: no part of Reeve, no dependency. In every bundle it is one file, which stands
// in the source of Reeve as the parts of src/evidence/verify/offline. It shares no code with the log, on purpose: what it
// accepts, it accepts by the published formats alone (RFC 6962, RFC 8785, C2SP signed-note, tlog-checkpoint, tlog-cosignature).
import { lstatSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { exitCodeOf } from './report.ts'
import { verifyBundle } from './verify-bundle.ts'
import { verifyReceipt } from './verify-receipt.ts'

const USAGE = `usage: node verify.mjs [FOLDER or RECEIPT.json] [--log-key KEY] [--witness-key KEY]…
       [--known-checkpoint FILE] [--accepted-restore FILE] [--json]
  --log-key            the key of the log, known from elsewhere than the bundle
  --witness-key        the key of a witness, from whoever runs it; may be repeated
  --known-checkpoint   a checkpoint of this log that you kept from an earlier visit
  --accepted-restore   the note with which a witness accepted a restore of this log, from whoever runs it
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
  if (more.length + otherKeys.length + otherKnown.length + otherRestores.length > 0)
    throw new Error('one folder, one --log-key, one --known-checkpoint and one --accepted-restore at most')
  const keys = { ...(logKey === undefined ? {} : { logKey }), witnessKeys: values['witness-key'] ?? [] }
  const findings = isReceipt(folder)
    ? await verifyReceipt(readFileSync(folder), keys)
    : await verifyBundle(folder, {
        ...keys,
        ...(known === undefined ? {} : { knownCheckpoint: readFileSync(known, 'utf8') }),
        ...(restore === undefined ? {} : { acceptedRestore: readFileSync(restore, 'utf8') }),
      })
  if (values.json === true) console.log(JSON.stringify(findings, undefined, 2))
  else for (const { check, outcome, detail } of findings) console.log(plainLine(`${outcome}  ${check}: ${detail}`))
  return exitCodeOf(findings)
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
  text.replaceAll(/\p{Cc}/gu, '\ufffd').replace(/^(\w+) {2}/, (word) => word.padEnd(8))

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`it cannot be verified: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  return 2 as const
})
