#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that one which is too old is told what is missing.
'use strict'
const needed = 24
if (Number(process.versions.node.split('.')[0]) < needed) {
  process.stderr.write(
    'reeve needs Node ' +
      needed +
      ' or later; this is ' +
      process.version +
      '. ' +
      'Install it, or in a clone run `npm ci` (with install scripts allowed) and `npx reeve`.\n',
  )
  process.exitCode = 2
} else {
  const { existsSync } = await import('node:fs')
  const built = new URL('../dist/main.js', import.meta.url)
  await import(existsSync(built) ? built.href : new URL('../cli/main.ts', import.meta.url).href)
}
