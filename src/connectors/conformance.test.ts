import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { parse } from 'yaml'
import { testConformance } from './conformance.ts'
import type { Sample } from './conformance.ts'
import { CONNECTORS } from './index.ts'
import { untrustedFile } from './input/untrusted-file.ts'
import type { Connector } from './port.ts'

const SAMPLES = join(import.meta.dirname, '../../samples')
/** Enough of each to see its shapes, few enough to be quick. */
const SAMPLES_EACH_MAX = 6

const files: Sample[] = readdirSync(SAMPLES, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort()
  .map((absolute) => ({
    path: relative(SAMPLES, absolute).split(sep).join('/'),
    bytes: readFileSync(absolute),
  }))

const mappings = new Map(
  files
    .filter(({ path }) => path.endsWith('.reeve.yaml'))
    .map(({ path, bytes }) => [path.replace(/\.reeve\.yaml$/, ''), parse(Buffer.from(bytes).toString()) as unknown]),
)

const csvMapping = (path: string): unknown => mappings.get(path)

function says(connector: Connector, { path, bytes }: Sample): boolean {
  const file = untrustedFile({ path, origin: 'tree' }, bytes)
  const context = { fingerprint: () => '', hint: () => undefined, scopeOf: () => '', csvMapping }
  return connector.accepts(file) && [...connector.discover(file, context)].length > 0
}

for (const connector of CONNECTORS) {
  const taken = files.filter((sample) => says(connector, sample))
  const step = Math.max(1, Math.floor(taken.length / SAMPLES_EACH_MAX))
  const samples = taken.filter((_, index) => index % step === 0).slice(0, SAMPLES_EACH_MAX)
  testConformance(connector, samples, {
    takesAnyText: connector.id === 'source-code',
    csvMapping,
  })
}
