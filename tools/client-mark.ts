// Writes into the generated types which document they were made from, so that a test can tell whether they are in step.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const TYPES = 'src/client/schema.d.ts'
const digest = createHash('sha256').update(readFileSync('docs/api/openapi.json')).digest('hex')
const generated = readFileSync(TYPES, 'utf8').replace(/^\/\/ Generated from.*\n/, '')
writeFileSync(TYPES, `// Generated from docs/api/openapi.json, sha256 ${digest}, by \`npm run client\`.\n${generated}`)
