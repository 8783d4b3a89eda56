// A gate that asks git must not pass when git cannot answer.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fault } from '#kernel'
import { readHere, withTree, writeTree } from '../tree-in-test.ts'
import { gitProgram } from './run-git.ts'

const withGit = gitProgram() === undefined ? { skip: 'there is no git on the PATH' } : {}

function git(folder: string, ...args: string[]): void {
  const user = ['-c', 'user.name=Pia', '-c', 'user.email=pia@larkfield.example', '-c', 'commit.gpgsign=false']
  execFileSync('git', [...user, ...args], {
    cwd: folder,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
  })
}

const DAMAGE: Readonly<Record<string, (dot: string) => void>> = {
  'a configuration that does not parse': (dot) => writeFileSync(join(dot, 'config'), 'garbage['),
  'a HEAD that is no name': (dot) => writeFileSync(join(dot, 'HEAD'), 'garbage\n'),
  'an index that is cut off': (dot) => truncateSync(join(dot, 'index'), 20),
  'a store without its objects': (dot) => {
    git(join(dot, '..'), 'read-tree', '--empty')
    for (const name of ['pack', 'info']) rmSync(join(dot, 'objects', name), { recursive: true, force: true })
    for (let byte = 0; byte < 256; byte += 1)
      rmSync(join(dot, 'objects', byte.toString(16).padStart(2, '0')), { recursive: true, force: true })
  },
  'no store at all': (dot) => rmSync(join(dot, 'objects'), { recursive: true }),
}

for (const [what, damage] of Object.entries(DAMAGE)) {
  test(`${what}: --staged and --since are refused, not clean`, withGit, () =>
    withTree({ 'a.env': 'KEY=1' }, async (folder) => {
      git(folder, 'init', '-q')
      git(folder, 'add', '-A')
      git(folder, 'commit', '-q', '-m', 'first')
      writeTree(folder, { 'b.env': 'KEY=2' })
      git(folder, 'add', '-A')
      damage(join(folder, '.git'))
      await assert.rejects(readHere(folder, { staged: true }), Fault)
      await assert.rejects(readHere(folder, { since: 'HEAD' }), Fault)
    }),
  )
}

test('before the first commit all that is staged is read', withGit, () =>
  withTree({ 'a.env': 'KEY=1' }, async (folder) => {
    git(folder, 'init', '-q')
    git(folder, 'add', '-A')
    assert.equal((await readHere(folder, { staged: true })).stats.files, 1)
  }),
)
