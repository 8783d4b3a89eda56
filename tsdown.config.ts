// The package's build: one bundle per entry, because Node strips no types under node_modules.
import { defineConfig } from 'tsdown'

export default defineConfig({
  // the worker is loaded by its URL, so it must stay a file of its own
  entry: { main: 'cli/main.ts', worker: 'src/connectors/read/worker.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node24',
  dts: false,
  clean: true,
  fixedExtension: false,
  // read at run time, from beside the bundle
  copy: ['src/db/migrations', 'src/evidence/verify/offline'],
})
