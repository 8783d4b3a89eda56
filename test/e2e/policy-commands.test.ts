// Policies from the command line, against a server that runs: from a folder on disk to what decides, by two persons.
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { startWithPersons } from './persons-in-test.ts'

const options = { skip: databaseUnavailable(), timeout: 240_000 }

test(
  'policies are proposed by one, approved by another, put in force and rolled back, from files',
  options,
  async (t) => {
    const { run, ida, ben, folder } = await startWithPersons(t)
    const policies = join(folder, 'policies')
    await mkdir(policies)
    await writeFile(
      join(policies, 'a.cedar'),
      '@id("a") forbid (principal, action, resource) when { context.members > 3 };',
    )
    await writeFile(join(policies, 'b.cedar'), '\npermit (principal, action resource);\n')

    const refused = await run(ida, 'policy', 'propose', policies, '--comment', 'broken')
    assert.equal(refused.code, 1, refused.stderr)
    assert.match(refused.stdout, /b\.cedar:2:\d+: /, 'a mistake is told in the file that holds it')
    await writeFile(join(policies, 'b.cedar'), '@id("b") permit (principal, action == Action::"x", resource);\n')
    const proposed = await run(ida, 'policy', 'propose', policies, '--comment', 'two files', '--json')
    assert.equal(proposed.code, 0, proposed.stderr)
    const { number } = (JSON.parse(proposed.stdout) as { data: { number: number } }).data
    assert.equal(number, 2)

    const differs = await run(ben, 'policy', 'diff', 'active', '2')
    assert.equal(differs.code, 0, differs.stderr)
    assert.match(differs.stderr, /rights are gained, 0 are lost/)
    const dry = await run(ida, 'policy', 'propose', policies, '--comment', 'x', '--dry-run', '--json')
    assert.deepEqual((JSON.parse(dry.stdout) as { problems: unknown[] }).problems, [])

    const early = await run(ida, 'policy', 'activate', '2')
    assert.equal(early.code, 1, 'what nobody approved does not come in force')
    const own = await run(ida, 'policy', 'approve', '2')
    assert.equal(own.code, 1, 'who proposes does not approve')
    assert.match(own.stderr, /ask somebody else/)
    const approved = await run(ben, 'policy', 'approve', '2', '--because', 'read it')
    assert.equal(approved.code, 0, approved.stderr)
    const activated = await run(ida, 'policy', 'activate', '2')
    assert.equal(activated.code, 0, activated.stderr)
    const shown = await run(ida, 'policy', 'show')
    assert.match(shown.stdout, /2, active/)
    assert.match(shown.stdout, /approved by +Ben/)
    assert.match(shown.stdout, /@id\("b"\) permit/)
    const back = await run(ida, 'policy', 'rollback', '--because', 'a test')
    assert.equal(back.code, 0, back.stderr)
    const listed = await run(ida, 'policy', 'list', '--json')
    const { items } = JSON.parse(listed.stdout) as { items: { data: { number: number; state: string } }[] }
    assert.deepEqual(
      items.map(({ data }) => [data.number, data.state]),
      [
        [2, 'superseded'],
        [1, 'active'],
      ],
    )
    const newest = await run(ida, 'policy', 'list', '--limit', '1')
    assert.match(newest.stdout, /^2 [^]*There are more: --before 2$/m)
    const older = JSON.parse((await run(ida, 'policy', 'list', '--before', '2', '--json')).stdout) as {
      items: { data: { number: number } }[]
      before?: number
    }
    assert.deepEqual([older.items.map(({ data }) => data.number), older.before], [[1], undefined])
    const file = join(policies, 'a.cedar')
    const formatted = await run(ida, 'policy', 'format', file, '--write')
    assert.equal(formatted.code, 0, formatted.stderr)
    assert.match(await readFile(file, 'utf8'), /^@id\("a"\)\nforbid \(principal, action, resource\)\nwhen/)
    const refusal = await run(ida, 'policy', 'propose', file, '--comment', 'one file')
    assert.match(refusal.stderr, /Version 3 is proposed/)
    assert.equal((await run(ben, 'policy', 'refuse', '3', '--because', 'no')).code, 0)
    const question = ['--subject', 'people:nobody', '--action', 'pg:SELECT', '--resource', 'table:pg://main/shop/a']
    const explained = await run(ben, 'explain', ...question)
    assert.equal(explained.code, 0, explained.stderr)
    assert.match(explained.stdout, /resolve who is meant\? +denied: unknown_principal/)
    assert.match(explained.stdout, /decision +deny/)
  },
)
