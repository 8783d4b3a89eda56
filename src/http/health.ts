// Whether the process lives, whether it can serve, and whether it signs the log. No more is told, so no token is needed.
import type { FastifyInstance } from 'fastify'
import { rolesOf } from '#access/records'
import { readActor } from '#identity/roll'
import type { Doors } from './doors.ts'

const WAIT_MS = 3000
/** Spelled as ids; nobody has them. */
const NOBODY = 'psn_00000000000000000000000000'

export function installHealth(server: FastifyInstance, doors: Doors): void {
  server.get('/healthz', async (_request, reply) => await reply.send({ status: 'alive', ...logOf(doors) }))
  server.get('/readyz', async (_request, reply) => {
    const missing = (await answers(doors)) ? policiesOf(doors) : 'the database does not answer'
    return await reply.code(missing === undefined ? 200 : 503).send({ status: missing ?? 'ready', ...logOf(doors) })
  })
}

/** Requests are served all the same: where another server has the key that counts, that one signs. */
function logOf({ refusesToSign }: Doors): { readonly log?: string } {
  if (refusesToSign === undefined) return {}
  const why = refusesToSign()
  return { log: why === undefined ? 'signing' : `this server signs nothing: ${why}` }
}

const policiesOf = ({ decisions }: Doors): string | undefined =>
  decisions?.state().policiesRefused === undefined
    ? undefined
    : 'the policies in force are not those that were approved, or this release reads them otherwise'

/** Both layers that every request needs are asked for real. */
async function answers(doors: Doors): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), WAIT_MS)
  })
  const asked = Promise.all([rolesOf(doors.access, NOBODY), readActor(doors.identity, NOBODY)]).then(
    () => true,
    () => false,
  )
  try {
    return await Promise.race([asked, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
