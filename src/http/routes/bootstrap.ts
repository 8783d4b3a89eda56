// The first administrators: what the bootstrap token is for, and all that it can do.
import { z } from 'zod'
import { Fault, msAfter } from '#kernel'
import type { Act, Id, PersonFact } from '#kernel'
import { ADMINISTRATIONS, assignRole, comesIn, createToken, endBootstrap } from '#access/records'
import { givenByBootstrap, heldByNobody, rolesOf, spendBootstrap } from '#access/records'
import type { Role } from '#access/records'
import { applyPeopleFeed, findPerson, personIdOf, readActor } from '#identity/roll'
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

/** Who is in the roll already, by id or address. */
async function knownAmong(
  doors: Doors,
  administrators: readonly Administrator[],
): Promise<(Id<'person'> | undefined)[]> {
  const known: (Id<'person'> | undefined)[] = []
  for (const { feedId, email } of administrators) {
    known.push(await findPerson(doors.identity, { email, ...(feedId === undefined ? {} : { feedId }) }))
  }
  return known
}

/**
 * SECURITY: whoever has the bootstrap token chooses who they are. A token of somebody who comes in by themselves, or who holds what
 * others can give, would be theirs with all that this person may.
 */
async function refuseSomebodyElse(
  { access, identity }: Doors,
  known: readonly (Id<'person'> | undefined)[],
): Promise<void> {
  const at = access.clock()
  const open = await givenByBootstrap(identity, access, at)
  for (const personId of known) {
    if (personId === undefined) continue
    const inactive = (await readActor(identity, personId))?.inactive
    if (inactive !== undefined) throw new Fault('conflict', `${inactive}: a token would let nobody in`)
    if (await comesIn(access, personId, at))
      throw new Fault(
        'conflict',
        'this person comes in already: they make a token for themselves, `reeve token create`',
      )
    const roles = await rolesOf(access, personId)
    const held = ADMINISTRATIONS.find((role) => roles.has(role) && !open.includes(role))
    if (held !== undefined)
      throw new Fault('conflict', `this person has ${held}, as somebody who can come in: ask them for a token`)
  }
}

/** SECURITY: where both administrations are held, it lets in one person, whose token nobody else knows. */
async function spendIfForOne({ access, identity }: Doors, act: Act, howMany: number): Promise<void> {
  if ((await heldByNobody(identity, access, act.at)).length > 0) return
  if (howMany > 1) throw new Fault('conflict', 'both administrations are held: this token lets in one person')
  await spendBootstrap(access, act)
}

/** Who is in the roll already stays as the feed has them. SECURITY: a second record of them would stay when they leave. */
async function recordPeople(
  doors: Doors,
  act: Act,
  administrators: readonly Administrator[],
  known: readonly (Id<'person'> | undefined)[],
): Promise<Id<'person'>[]> {
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
      const known = await knownAmong(doors, body.administrators)
      await refuseSomebodyElse(doors, known)
      await spendIfForOne(doors, act('one more person', 'spent'), body.administrators.length)
      const recording = act('the first administrators', 'people')
      const personIds = await recordPeople(doors, recording, body.administrators, known)
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
