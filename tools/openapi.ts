// Writes the OpenAPI document of this release to docs/api/openapi.json, from which the client is generated.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { openApiDocument } from '#http'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
mkdirSync('docs/api', { recursive: true })
writeFileSync('docs/api/openapi.json', `${JSON.stringify(openApiDocument(version), null, 2)}\n`)
