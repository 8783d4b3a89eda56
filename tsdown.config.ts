// The package's build: one bundle per entry, because Node strips no types under node_modules.
import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { main: 'cli/main.ts' },
  format: 'esm',
  platform: 'node',
  target: 'node24',
  dts: false,
  clean: true,
  fixedExtension: false,
})
