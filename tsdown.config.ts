// The package's build: one bundle per entry, because Node strips no types under node_modules.
import { defineConfig } from 'tsdown'

export default defineConfig({
  // the worker and the child process are loaded by their URLs, so they must stay files of their own
  entry: {
    main: 'cli/main.ts',
    sdk: 'sdk/index.ts',
    worker: 'src/connectors/read/worker.ts',
    'entry-worker': 'src/evidence/verify/live/entry-worker.ts',
    'graph-worker': 'src/access/graph/graph-worker.ts',
    'cedar-child': 'src/access/policy-writing/cedar-child.ts',
    'probe-process': 'src/connectors/postgresql/probe-process.ts',
  },
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // the declarations of `reeve/sdk` are carried by tools/sdk-types.ts
  dts: false,
  clean: true,
  fixedExtension: false,
  // read at run time, from beside the bundle
  copy: ['src/db/migrations', 'src/db/schema.sql', 'src/evidence/verify/offline'],
})
