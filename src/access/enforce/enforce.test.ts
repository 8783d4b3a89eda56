// Guarantees of an enforcement point, whatever it stands in.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { enforce } from './enforce.ts'
import type { Ask, Enforced, GuardedRequest } from './enforce.ts'
import { readPath } from './read-path.ts'
import { routeTable } from './route-table.ts'
import type { RouteFile } from './route-table.ts'
import { subjectFrom } from './subject.ts'

const FILE: RouteFile = {
  name: 'gate',
  obligations: ['log'],
  subject: { header: 'x-client-id', type: 'kubernetes' },
  routes: [
    { method: 'GET', path: '/health', public: true },
    { method: 'GET', path: '/admin/{rest*}', action: 'shop:admin', resource: 'admin://shop/{rest}' },
    { method: 'GET', path: '/{rest*}', action: 'shop:read', resource: 'page://shop/{rest}' },
  ],
}
const TABLE = routeTable(FILE)
const ASKED: GuardedRequest = { method: 'GET', target: '/a/b', headers: {}, subject: { type: 'kubernetes', id: 'app' } }
const yes = (obligations: unknown = []): ReturnType<Ask> => ({
  decision: true,
  context: { reason: 'granted', obligations },
})

/** What was asked, and what came of it. */
async function tried(
  more: Partial<GuardedRequest> = {},
  ask: Ask = () => yes(),
  file = TABLE,
): Promise<[Enforced, unknown[]]> {
  const asked: unknown[] = []
  const enforced = await enforce(file, { ...ASKED, ...more }, (body) => {
    asked.push(body)
    return ask(body)
  })
  return [enforced, asked]
}

describe('an enforcement point', () => {
  test('asks what the route says, with who it is itself', async () => {
    const [{ passes }, asked] = await tried({ target: '/caf%C3%A9/1?q=2' })
    assert.equal(passes, true)
    assert.deepEqual(asked, [
      {
        subject: { type: 'kubernetes', id: 'app' },
        action: { name: 'shop:read' },
        resource: { type: 'page', id: 'page://shop/café/1' },
        context: {
          http: { method: 'GET', path: '/caf%C3%A9/1' },
          reeve: { enforcement_point: 'gate', enforced: true },
        },
      },
    ])
  })

  test('denies whatever is no clear yes', async () => {
    const cases: readonly (readonly [Promise<[Enforced, unknown[]]>, number, string])[] = [
      [tried({ subject: undefined }), 401, 'no_subject'],
      [tried({ method: 'POST' }), 403, 'no_route'],
      [tried({ method: 'get' }), 403, 'no_route'],
      [tried({ target: '/a/../b' }), 403, 'ambiguous_path'],
      [tried({ target: '/ADMIN/x' }), 403, 'ambiguous_path'],
      [tried({ headers: { 'x-http-method-override': 'DELETE' } }), 403, 'method_override'],
      [tried({ headers: { x_client_id: 'root' } }), 403, 'spoofed_header'],
      [tried({ headers: { 'x-reeve_decision': 'dec_1' } }), 403, 'spoofed_header'],
      [tried({}, () => ({ decision: false, context: { reason: 'quarantined' } })), 403, 'quarantined'],
      [tried({}, () => Promise.reject(new Error('down'))), 503, 'no_answer'],
      [tried({}, () => JSON.parse('{}')), 503, 'no_answer'],
      [tried({}, () => JSON.parse('{"decision":"true","context":{"reason":"granted"}}')), 503, 'no_answer'],
      [tried({}, () => yes([{ name: 'mask', value: 1 }])), 403, 'obligation_unknown'],
      [tried({}, () => yes('log')), 403, 'obligation_unknown'],
      [tried({}, () => yes([{ value: 1 }])), 403, 'obligation_unknown'],
    ]
    for (const [of, status, reason] of cases) {
      const [enforced] = await of
      assert.deepEqual([enforced.passes, enforced.status, enforced.reason], [false, status, reason])
    }
  })

  test('hands on the obligations that are fulfilled behind', async () => {
    const [{ passes, obligations }] = await tried({}, () => yes([{ name: 'log', value: 'all', policy_id: 'p' }]))
    assert.equal(passes, true)
    assert.deepEqual(obligations, [{ name: 'log', value: 'all' }])
  })

  test('asks nothing for a public route, and HEAD is GET', async () => {
    const [{ passes }, asked] = await tried({ target: '/health', method: 'HEAD', subject: undefined })
    assert.deepEqual([passes, asked], [true, []])
  })

  test('lets everything pass while it observes, and marks what would be denied', async () => {
    const observing = routeTable({ ...FILE, mode: 'observe' })
    for (const more of [{ subject: undefined }, { target: '//' }, { method: 'POST' }]) {
      const [{ passes, wouldDeny }] = await tried(more, () => yes(), observing)
      assert.deepEqual([passes, wouldDeny], [true, true])
    }
    const [down] = await tried({}, () => Promise.reject(new Error('down')), observing)
    assert.deepEqual([down.passes, down.wouldDeny, down.reason], [true, true, 'no_answer'])
    const [{ passes, wouldDeny }, asked] = await tried({}, () => yes(), observing)
    assert.deepEqual([passes, wouldDeny], [true, false])
    assert.deepEqual((asked[0] as { context: { reeve: unknown } }).context.reeve, {
      enforcement_point: 'gate',
      enforced: false,
    })
  })

  test('two values of the subject’s header are nobody', () => {
    assert.deepEqual(subjectFrom(TABLE, { 'x-client-id': ['app'] }), { type: 'kubernetes', id: 'app' })
    for (const values of [undefined, [], [''], ['app', 'root'], ['a\u00e9'], [' app'], ['a'.repeat(1001)]]) {
      assert.equal(subjectFrom(TABLE, { 'x-client-id': values }), undefined)
    }
  })

  test('a table that could be read in two ways is refused', () => {
    const wrong: readonly (readonly [Partial<NonNullable<RouteFile['routes']>[number]>, RegExp])[] = [
      [{ path: 'a' }, /begins with/],
      [{ path: '/a//b' }, /no part of a path/],
      [{ path: '/a/{b}c' }, /no part of a path/],
      [{ path: '/a b' }, /no part of a path/],
      [{ path: '/{a*}/b' }, /at the end only/],
      [{ path: '/{a}/{a}' }, /twice/],
      [{ resource: '{id}' }, /whole name/],
      [{ resource: 'order://shop/{other}' }, /does not stand in the path/],
      [{ method: 'get' }, /capitals/],
      [{ public: true }, /public route/],
    ]
    for (const [route, message] of wrong) {
      const whole = { method: 'GET', path: '/a/{id}', action: 'a', resource: 'order://shop/{id}', ...route }
      assert.throws(() => routeTable({ name: 'gate', routes: [whole] }), message, JSON.stringify(route))
    }
  })
})

test('a path is read as a program that resolves it would read it, or is refused', () => {
  const letters = fc.constantFrom(
    '/',
    '.',
    '%2e',
    '%2F',
    '%5c',
    '\\',
    'a',
    'B',
    ';',
    '%00',
    '%25',
    ' ',
    '%20',
    '..',
    '?',
    '%c3%a9',
  )
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 12 }), (pieces) => {
      const target = `/${pieces.join('')}`
      const read = readPath(target)
      if ('odd' in read) return
      const url = new URL(`http://localhost${target}`)
      assert.equal(url.pathname, target.split('?', 1)[0], target)
      const again = `/${read.parts.join('/')}${read.slashAtEnd && read.parts.length > 0 ? '/' : ''}`
      assert.equal(decodeURIComponent(url.pathname), again)
      assert.equal(decodeURIComponent(decodeURIComponent(url.pathname)), again, 'decoding it twice changes nothing')
    }),
    { numRuns: 5000 },
  )
})
