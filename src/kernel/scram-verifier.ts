// How PostgreSQL keeps a password (RFC 5803, SCRAM-SHA-256).
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/** SECURITY: sent instead of the password, which a server may write into its log. It is still nobody else's to see. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256')
  const keyed = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`
}
