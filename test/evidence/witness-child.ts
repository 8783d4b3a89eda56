// A witness that became another user before it made its key; says whether it can read the file that holds the log's.
import { mkdirSync, readFileSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import { runWitness } from '#evidence'

const NOBODY = 65_534
const { folder, secret, logKey } = JSON.parse(process.argv[2] ?? '') as {
  folder: string
  secret: string
  logKey: string
}
const own = join(folder, 'witness')
mkdirSync(own, { mode: 0o700 })
chownSync(own, NOBODY, NOBODY)
process.setgroups?.([])
process.setgid?.(NOBODY)
process.setuid?.(NOBODY)
let reads = 'it can'
try {
  readFileSync(secret)
} catch (error) {
  reads = String((error as NodeJS.ErrnoException).code)
}
const { url, key } = await runWitness({
  name: 'witness.test',
  logKeys: [logKey],
  keyFile: join(own, 'key'),
  folder: own,
  host: '127.0.0.1',
  port: 0,
  onMisbehaviour: () => undefined,
  onFailure: () => undefined,
})
process.send?.({ url, key, uid: process.getuid?.(), reads })
