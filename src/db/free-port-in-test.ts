// A port for what can't be asked which one it took.
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that the system hands out itself: nobody is given it before its server has it, nor while that is down. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + randomInt(20_000)
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
    } catch {
      // somebody has it
      continue
    }
    server.close()
    await once(server, 'close')
    return port
  }
}
