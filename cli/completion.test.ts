import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { reeve } from '../test/scan/run-reeve.ts'

/** What bash would offer after these words. */
function offered(script: string, words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ')
  const asked = `${script}\nCOMP_WORDS=(${line})\nCOMP_CWORD=${words.length - 1}\n_reeve\nprintf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['--norc', '-c', asked], { encoding: 'utf8' })
    .split('\n')
    .filter((word) => word !== '')
}

test('bash completes subcommands, their subcommands, options and choices', async () => {
  const { stdout: script, code } = await reeve(['completion', 'bash'])
  assert.equal(code, 0)
  assert.deepEqual(offered(script, ['reeve', 'princ']), ['principals'])
  assert.ok(offered(script, ['reeve', 'principals', '']).includes('quarantine'))
  assert.deepEqual(offered(script, ['reeve', 'principals', 'list', '--own']), ['--owner'])
  assert.deepEqual(offered(script, ['reeve', 'completion', 'f']), ['fish'])
  assert.ok(offered(script, ['reeve', 'scan', '--']).includes('--fail-on'))
})

test('every shell has a script that names every command', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await reeve(['completion', shell])
    for (const name of ['scan', 'serve', 'principals', 'restore', 'token', 'orphans'])
      assert.ok(stdout.includes(name), `${shell} ${name}`)
  }
  const { code, stderr } = await reeve(['completion', 'tcsh'])
  assert.equal(code, 2)
  assert.match(stderr, /Allowed choices are bash, zsh, fish/)
})
