// `npm test`: every test, as many files at once as there are cores. Node by itself leaves one idle, which on two is half.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

const PATTERNS = ['src/**/*.test.ts', 'cli/**/*.test.ts', 'sdk/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts']
const given = process.argv.slice(2)

const run = spawn(
  process.execPath,
  [
    '--test',
    '--test-global-setup=test/global-setup.ts',
    '--test-reporter=spec',
    `--test-concurrency=${availableParallelism()}`,
    ...given.filter((word) => word.startsWith('-')),
    ...(given.some((word) => !word.startsWith('-')) ? given.filter((word) => !word.startsWith('-')) : PATTERNS),
  ],
  { stdio: 'inherit' },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => run.kill(signal))
run.on('close', (code) => {
  process.exitCode = code ?? 1
})
