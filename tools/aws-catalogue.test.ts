import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { catalogueSource } from './aws-catalogue.ts'

test('the committed AWS catalogue is what the installed package says', async () => {
  const committed = readFileSync(new URL('../src/kernel/names/aws-actions-data.ts', import.meta.url), 'utf8')
  assert.ok((await catalogueSource()) === committed, 'run `npx node tools/aws-catalogue.ts` and commit')
})
