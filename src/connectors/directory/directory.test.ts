import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Observation } from '#kernel'
import { offerText } from '../read/offer-text.ts'
import { flagsOf, fromDirectoryTime, fromFileTime } from './active-directory.ts'
import { directory } from './directory.ts'
import { readLdif } from './ldif.ts'

const only = <T extends Observation['type']>(observations: readonly Observation[], type: T) =>
  observations.filter((each): each is Extract<Observation, { type: T }> => each.type === type)
const entry = (...lines: string[]) =>
  offerText(directory, 'a.ldif', `dn: CN=x,DC=corp,DC=example\n${lines.join('\n')}\n`)

test('LDIF: folded lines, comments, base64, options and CRLF read as RFC 2849 says', () => {
  const text =
    '# a comment\r\n that goes on\r\nversion: 1\r\ndn: CN=long,\r\n DC=example\r\ncn;lang-en: long\r\ndescription:: c8OpY3JldA==\r\njpegPhoto:< file:///etc/passwd\r\n\r\n'
  const [first, ...rest] = readLdif(text)
  assert.ok(first !== undefined && 'dn' in first)
  assert.equal(first.dn, 'CN=long,DC=example')
  assert.deepEqual(
    [...first.attributes],
    [
      ['cn', ['long']],
      ['description', ['sécret']],
    ],
  )
  assert.equal(first.startLine, 4)
  assert.deepEqual(rest, [])
})

test('LDIF: a broken record is one problem with its line, and the next record is read', () => {
  const facts = offerText(
    directory,
    'a.ldif',
    'cn: nobody\n\ndn: CN=ok,DC=example\nobjectClass: computer\nthis is no attribute\n',
  )
  assert.deepEqual(
    only(facts, 'problem').map(({ startLine }) => startLine),
    [1, 5],
  )
  assert.deepEqual(
    only(facts, 'principal').map(({ externalId }) => externalId),
    ['CN=ok,DC=example'],
  )
})

test('the kind of an account follows from its class, its principal names and its name', () => {
  const kind = (...lines: string[]) => only(entry(...lines), 'principal')[0]?.kind
  assert.equal(kind('objectClass: computer'), 'machine')
  assert.equal(kind('objectClass: computer', 'objectClass: msDS-GroupManagedServiceAccount'), 'service_account')
  assert.equal(kind('objectClass: user', 'sAMAccountName: ada'), 'human')
  assert.equal(kind('objectClass: user', 'sAMAccountName: ada', 'servicePrincipalName: HTTP/x'), 'service_account')
  assert.equal(kind('objectClass: user', 'sAMAccountName: svc-print'), 'service_account')
  assert.equal(kind('objectClass: user', 'sAMAccountName: botha'), 'human')
  assert.equal(kind('objectClass: organizationalUnit'), undefined)
})

test('flags and times are read as Active Directory writes them', () => {
  assert.deepEqual([...flagsOf('66050')], ['disabled', 'passwordNeverExpires'])
  assert.deepEqual([...flagsOf('nonsense')], [])
  assert.equal(fromFileTime('134352864000000000'), '2026-10-01T00:00:00.000Z')
  assert.equal(fromFileTime('9223372036854775807'), undefined)
  assert.equal(fromFileTime('0'), undefined)
  assert.equal(fromDirectoryTime('20190331113654.0Z'), '2019-03-31T11:36:54.000Z')
  assert.equal(fromDirectoryTime('/Date(1554032214000)/'), '2019-03-31T11:36:54.000Z')
})

test('a password in clear is embedded and leaves as a fingerprint; a hash is no secret found', () => {
  const clear = entry('objectClass: person', 'userPassword: planted-Horse-Battery')
  assert.equal(only(clear, 'credential').filter(({ exposure }) => exposure === 'embedded').length, 1)
  assert.ok(!JSON.stringify(clear).includes('planted-Horse'))
  assert.deepEqual(only(entry('objectClass: person', 'userPassword: {SSHA}7sT0xw=='), 'credential'), [])
})

test('membership joins whichever side states it and however the DN is spelled', () => {
  const facts = offerText(
    directory,
    'a.ldif',
    'dn: CN=G,DC=example\nobjectClass: group\nmember: cn=u, dc=example\n\ndn: CN=U,DC=EXAMPLE\nobjectClass: user\nmemberOf: CN=G,DC=example\n',
  )
  const edges = new Set(only(facts, 'membership').map(({ member, group }) => `${member} in ${group}`))
  assert.deepEqual([...edges], ['directory:cn=u,dc=example in directory:cn=g,dc=example'])
})

test('PowerShell JSON is read like LDIF, one object or a list', () => {
  const user = {
    DistinguishedName: 'CN=svc,DC=example',
    ObjectClass: 'user',
    SamAccountName: 'svc',
    ServicePrincipalName: ['HTTP/a'],
    UserAccountControl: 66048,
  }
  for (const value of [user, [user]]) {
    const [principal] = only(offerText(directory, 'ad.json', JSON.stringify(value)), 'principal')
    assert.equal(principal?.kind, 'service_account')
    assert.equal(principal?.attributes?.['passwordNeverExpires'], true)
  }
})
