// The first administrators: what the bootstrap token is for, and all that it can do.
import { z } from 'zod'
import { Fault, msAfter } from '#kernel'
import type { Act, Id, PersonFact } from '#kernel'
import { ADMINISTRATIONS, assignRole, createToken, endBootstrap, givenByBootstrap, rolesOf } from '#access/records'
import type { Role } from '#access/records'
import { applyPeopleFeed, findPerson, personIdOf } from '#identity/roll'
import type { Doors } from '../doors.ts'
import { endpoint } from '../endpoint.ts'
import type { Context } from '../endpoint.ts'
import { text } from '../form/plain-text.ts'
import { Administrators } from '../form/token.ts'

const DAYS = 90
const DAY_MS = 86_400_000
const SOURCE = 'bootstrap'

const ADMINISTRATOR = z.strictObject({
  feedId: text(200)
    .optional()
    .describe(
      'the id that the feed of people has for them; without it the address, until a feed brings somebody with that address',
    ),
  name: text(200),
  email: z.email().max(320),
  roles: z
    .array(z.enum(['identity-admin', 'access-admin', 'approver', 'auditor']))
    .min(1)
    .max(4),
})
type Administrator = z.output<typeof ADMINISTRATOR>

/** Before anything is done, so that nobody is left with half of what was asked. */
function refuseBoth({ access }: Doors, administrators: readonly Administrator[]): void {
  if (access.settings.bothAdministrations) return
  const both = administrators.find(({ roles }) => ADMINISTRATIONS.every((role) => roles.some((each) => each === role)))
  if (both === undefined) return
  throw new Fault(
    'conflict',
    'nobody holds identity-admin and access-admin together; name two people, or set `server.bothAdministrations`',
  )
}

/** SECURITY: what somebody holds who can come in is theirs to give; the bootstrap token is for what nobody holds. */
async function refuseHeld({ identity, access }: Doors, administrators: readonly Administrator[]): Promise<void> {
  const open = await givenByBootstrap(identity, access, access.clock())
  for (const { roles } of administrators) {
    const held = ADMINISTRATIONS.find((role) => roles.some((each) => each === role) && !open.includes(role))
    if (held === undefined) continue
    throw new Fault(
      'conflict',
      `somebody holds ${held} and can come in: ask them for the role; here ask for the other one`,
    )
  }
}

/**
 * A person who is in the roll already, by id or address, stays as the feed has them. SECURITY: a second record of them
 * would stay when they leave.
 */
async function recordPeople(doors: Doors, act: Act, administrators: readonly Administrator[]): Promise<Id<'person'>[]> {
  const known: (Id<'person'> | undefined)[] = []
  for (const { feedId, email } of administrators) {
    known.push(await findPerson(doors.identity, { email, ...(feedId === undefined ? {} : { feedId }) }))
  }
  const fresh = administrators.filter((_, at) => known[at] === undefined)
  const people = fresh.map(({ name, email, feedId = email.toLowerCase() }, at): PersonFact => ({
    type: 'person',
    personId: feedId,
    name,
    emails: [email],
    status: 'active',
    provenance: { connector: 'people', file: 'first administrators', startLine: at + 1 },
  }))
  await applyPeopleFeed(doors.identity, act, { source: SOURCE, people, teams: [], complete: false })
  return administrators.map(({ email, feedId = email.toLowerCase() }, at) => known[at] ?? personIdOf(feedId))
}

async function makeAdministrator(
  { doors, act }: Pick<Context<unknown, unknown, unknown>, 'doors' | 'act'>,
  personId: Id<'person'>,
  { roles }: Administrator,
): Promise<object> {
  const held = await rolesOf(doors.access, personId)
  for (const role of new Set<Role>(roles)) {
    if (held.has(role)) continue
    await assignRole(doors.identity, doors.access, act('the first administrators', `${personId} ${role}`), {
      subjectId: personId,
      role,
      reason: 'the first administrators',
      heldByActor: 'bootstrap',
    })
  }
  const asked = act('the first administrators', `${personId} token`)
  const made = await createToken(doors.access, asked, {
    subject: { kind: 'person', personId },
    label: 'first token',
    scopes: ['write', 'metrics'],
    expiresAt: msAfter(asked.at, DAYS * DAY_MS),
  })
  return { personId, roles, ...made }
}

export const BOOTSTRAP_ROUTES = [
  endpoint({
    method: 'POST',
    path: '/v1/bootstrap/administrators',
    operationId: 'createFirstAdministrators',
    tag: 'administration',
    summary: 'Make the first administrators',
    description:
      'Records them as persons, gives them their roles and a token each. The bootstrap token ends once identity-admin and access-admin are both held; until then it can be repeated.',
    who: { bootstrap: true },
    scope: 'write',
    body: z.strictObject({ administrators: z.array(ADMINISTRATOR).min(1).max(10) }).meta({ id: 'NewAdministrators' }),
    answer: Administrators,
    status: 201,
    refuses: ['not_found'],
    handle: async (context) => {
      const { doors, body, act } = context
      refuseBoth(doors, body.administrators)
      await refuseHeld(doors, body.administrators)
      const personIds = await recordPeople(doors, act('the first administrators', 'people'), body.administrators)
      const administrators: object[] = []
      for (const [at, personId] of personIds.entries()) {
        const administrator = body.administrators[at]
        if (administrator !== undefined) administrators.push(await makeAdministrator(context, personId, administrator))
      }
      return {
        administrators,
        bootstrapEnded: await endBootstrap(doors.identity, doors.access, act('both administrations are held')),
      }
    },
  }),
]
