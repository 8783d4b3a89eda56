// `npm test`: every test, one file more at once than there are cores, since many wait. Node by itself leaves a core idle.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const PATTERNS = ['src/**/*.test.ts', 'cli/**/*.test.ts', 'sdk/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts']
const given = process.argv.slice(2)

const run = spawn(
  process.execPath,
  [
    '--test',
    '--test-global-setup=test/global-setup.ts',
    '--test-reporter=spec',
    `--test-concurrency=${availableParallelism() + 1}`,
    // one that hangs is named, and does not take the whole run with it
    ...(process.env['REEVE_EXHAUSTIVE'] === undefined ? ['--test-timeout=300000'] : []),
    // nor does a file that leaves a timer or a connection behind, as one does where an assertion fails before it is closed
    '--test-force-exit',
    ...given.filter((word) => word.startsWith('-')),
    ...(given.some((word) => !word.startsWith('-')) ? given.filter((word) => !word.startsWith('-')) : PATTERNS),
  ],
  {
    stdio: 'inherit',
    // each file is a process of its own that strips the types off the same sources; see bin/reeve.js
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/reeve', import.meta.url)),
      ...process.env,
    },
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // of a file that was under way then Node says "Promise resolution is still pending", which reads like a defect of it
    process.stderr.write(
      `told to end by ${signal}: what is said to be pending below was under way, and has not failed\n`,
    )
    run.kill(signal)
  })
run.on('close', (code) => {
  process.exitCode = code ?? 1
})
