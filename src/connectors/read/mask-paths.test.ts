import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceCode } from '../source-code/source-code.ts'
import { givenKey } from './fingerprint.ts'
import { readTree } from './read-tree.ts'
import { withTree } from './tree-in-test.ts'

const SECRET = 'kT7vQ-x9Lm2.wPzR4bY8'
const key = givenKey(Buffer.alloc(32, 7))

test('a recognised secret that is also the name of a file or folder stands nowhere in what is said', async () => {
  const tree = {
    'app.env': `DB_PASSWORD=${SECRET}\n`,
    [`password=${SECRET}.yml`]: 'a: 1\n',
    [`old/${SECRET}/notes.env`]: `DB_PASSWORD=${SECRET}\nAPI_TOKEN=zX83hs72Lq0pWm41\n`,
  }
  await withTree(tree, async (folder) => {
    const read = await readTree(folder, { connectors: [sourceCode], key })
    assert.ok(read.facts.length > 0)
    assert.doesNotMatch(JSON.stringify(read), /kT7vQ|wPzR4bY8/)
    assert.match(JSON.stringify(read.facts), /old\/\[secret-[0-9a-f]{8}\]\/notes\.env/)
    assert.deepEqual(await readTree(folder, { connectors: [sourceCode], key }), read)
  })
})

test('names of files that are no secrets stay as they are', async () => {
  await withTree({ 'release-2026-11-28/app1.env': `DB_PASSWORD=${SECRET}\n` }, async (folder) => {
    const read = await readTree(folder, { connectors: [sourceCode], key })
    assert.match(JSON.stringify(read.facts), /release-2026-11-28\/app1\.env/)
  })
})
