// A formatter once closed `<main>` and `<html>` at once, because it took each template for a page of its own.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

test('the page is one document: its sections stand in main, and each of these is closed once, at the end', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-page-'))
  try {
    const file = join(folder, 'report.html')
    execFileSync(process.execPath, [
      'bin/reeve.js',
      'scan',
      'samples',
      '--format',
      'html',
      '--output',
      file,
      '--fail-on',
      'none',
      '--quiet',
    ])
    const page = readFileSync(file, 'utf8')
    for (const name of ['html', 'head', 'body', 'main']) {
      assert.equal(page.split(new RegExp(`<${name}[ >]`)).length - 1, 1, `<${name}> once`)
      assert.equal(page.split(`</${name}>`).length - 1, 1, `</${name}> once`)
    }
    const [main, lastSection, end] = [page.indexOf('<main'), page.lastIndexOf('</section>'), page.indexOf('</main>')]
    assert.ok(main < page.indexOf('<section') && lastSection < end && end < page.indexOf('</body>'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
