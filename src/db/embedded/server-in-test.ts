// A process of its own that starts the embedded server, for tests that kill it. Prints one JSON line when it is ready,
// ends cleanly when its standard input does.
import { startEmbedded } from './embedded.ts'

const [dataDirectory] = process.argv.slice(2)
if (dataDirectory === undefined) throw new Error('the data directory is missing')
try {
  const server = await startEmbedded({ dataDirectory, durable: false })
  process.stdout.write(`${JSON.stringify({ pid: server.pid, adopted: server.adopted, uid: process.getuid?.() })}\n`)
  process.stdin.on('end', () => void server.stop())
  process.stdin.resume()
} catch (error) {
  process.stdout.write(`${JSON.stringify({ fault: error instanceof Error ? error.message : String(error) })}\n`)
}
