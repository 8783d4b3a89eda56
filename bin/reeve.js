#!/usr/bin/env node
// The `reeve` command: the TypeScript sources in a clone, the build in a package (Node strips no types under
// node_modules).
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { keepMemoryOutOfCore } from './no-memory-in-core.js'
import { nodeWillDo } from './node-version.js'

if (nodeWillDo()) {
  keepMemoryOutOfCore()
  const sources = new URL('../cli/main.ts', import.meta.url)
  // stripping types off some hundred files takes longer than many a scan; a clone keeps the result beside its dependencies
  if (existsSync(sources))
    module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/reeve', import.meta.url)))
  await import(existsSync(sources) ? sources.href : new URL('../dist/main.js', import.meta.url).href)
}
