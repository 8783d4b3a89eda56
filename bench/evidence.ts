// Evidence: what an entry costs the change that it tells of, how fast a log is verified, how soon an entry is proven.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openReeveDatabase } from '../src/db/open.ts'
import { appending } from './evidence-append.ts'
import { verifying } from './evidence-verify.ts'
import type { Bench } from './figure.ts'

export const evidence: Bench = {
  name: 'evidence',
  about:
    'changes with their entries against the same without; verification of 10,000,000 entries; proofs of single ones',
  defaultScale: 0.02,
  async *run(options) {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-bench-evidence-'))
    // as root, PostgreSQL runs as another user and must pass
    await chmod(folder, 0o711)
    const place = await openReeveDatabase({
      dataDirectory: join(folder, 'data'),
      environment: {},
      release: 'bench',
      log: () => undefined,
    })
    try {
      yield* appending(place, join(folder, 'appended'), options)
      yield* verifying(place, join(folder, 'verified'), options)
    } finally {
      await place.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}
