#!/usr/bin/env node
// The `reeve` command: the TypeScript sources in a clone, the build in a package (Node strips no types under
// node_modules).
import { existsSync } from 'node:fs'
import { nodeWillDo } from './node-version.js'

if (nodeWillDo()) {
  const sources = new URL('../cli/main.ts', import.meta.url)
  await import(existsSync(sources) ? sources.href : new URL('../dist/main.js', import.meta.url).href)
}
