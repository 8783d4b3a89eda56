import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { folderOf, reeve } from '../test/scan/run-reeve.ts'

/** Nobody is asked: what is wrong is said before. */
const NOBODY = { REEVE_URL: 'http://127.0.0.1:9', REEVE_TOKEN: 'reeve_p_none' }

describe('what stands in the log for good', () => {
  for (const words of [
    ['plan', 'observe-only', 'off'],
    ['plan', 'observe-only', 'on', '--because', ' '],
    ['plan', 'make', 'contain', '--target', 'main', '--account', 'app'],
    ['plan', 'accept', 'pln_1', '--receipt', 'rcp_1'],
  ])
    test(`is asked for in a sentence, before anything is sent: ${words.join(' ')}`, async () => {
      const { code, stderr } = await reeve(words, { env: NOBODY })
      assert.equal(code, 2)
      assert.match(stderr, /say why: --because TEXT; it stands in the log/)
    })
})

describe('a file that is no receipt', () => {
  for (const [name, text, said] of [
    ['empty', '', /failed .*the file is empty/],
    ['cut off', '{"entry":', /failed .*the file is no JSON object: it is cut off, or another file/],
    ['of something else', '7', /failed .*the file is no JSON object/],
    ['no text', Buffer.from([0xff, 0xfe]), /failed .*the file is no text in UTF-8/],
  ] as const)
    test(`is refused in a sentence: ${name}`, async (t) => {
      const folder = await folderOf(t, { 'receipt.json': text })
      const { code, stdout } = await reeve(['receipt', 'verify', join(folder, 'receipt.json')])
      assert.equal(code, 1)
      assert.match(stdout, said)
    })
})
