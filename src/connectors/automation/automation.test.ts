// Jobs, units, sudo rules and password files: who runs what as whom, and no secret value in any fact.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '#kernel'
import { asText, fingerprintInTest, offer, only } from '../offer-in-test.ts'
import { automation } from './automation.ts'

const SECRET = 'v9Kq2Xw7Lm4Tz8Rb1Nc5'

test('a system crontab says as whom each job runs; arguments are not shown', () => {
  const facts = offer(
    automation,
    'hosts/db-1/etc/cron.d/backup',
    `# nightly\r\nMAILTO=platform@larkfield.example\r\nPGPASSWORD=${SECRET}\r\n15 2 * * * postgres cd /srv && /usr/bin/pg_dump --password=${SECRET}x -h db\r\n@daily root /usr/local/bin/prune\r\n15 3 * * * root /usr/local/bin/prune\r\nnonsense\r\n`,
  )
  const jobs = only(facts, 'principal').filter(({ nativeType }) => nativeType === 'cron-job')
  assert.deepEqual(
    jobs.map(({ externalId }) => externalId),
    [
      'db-1:/etc/cron.d/backup#/usr/bin/pg_dump',
      'db-1:/etc/cron.d/backup#/usr/local/bin/prune',
      'db-1:/etc/cron.d/backup#/usr/local/bin/prune~2',
    ],
  )
  assert.equal(jobs[0]?.ownerHints?.[0]?.who, 'platform@larkfield.example')
  assert.deepEqual(
    only(facts, 'relation').map(({ to }) => to),
    ['host[hosts/db-1]:postgres', 'host[hosts/db-1]:root', 'host[hosts/db-1]:root'],
  )
  assert.equal(only(facts, 'entitlement').length, 2, 'root jobs may do anything')
  assert.deepEqual(
    only(facts, 'credential').map(({ name }) => name),
    ['PGPASSWORD', 'password'],
  )
  assert.equal(only(facts, 'problem')[0]?.startLine, 7)
  assert.ok(!asText(facts).includes(SECRET))
})

test('a user crontab runs as the user of the spool file', () => {
  const facts = offer(automation, 'h/var/spool/cron/crontabs/etl', '*/5 * * * * python3 /srv/etl/load.py --dry-run\n')
  assert.equal(only(facts, 'principal')[0]?.name, '/srv/etl/load.py')
  assert.equal(only(facts, 'relation')[0]?.to, 'host[h]:etl')
})

test('a unit without User= runs as root unless it is confined; drop-ins and timers only mention it', () => {
  const plain = offer(
    automation,
    'h/etc/systemd/system/a.service',
    '[Unit]\nDescription=Sync\n[Service]\nExecStart=/usr/bin/sync-it\n',
  )
  assert.equal(only(plain, 'relation')[0]?.to, 'host[h]:root')
  assert.equal(only(plain, 'entitlement').length, 1)
  assert.equal(only(plain, 'principal')[0]?.purpose?.text, 'Sync')
  const dynamic = offer(
    automation,
    'h/etc/systemd/system/b.service',
    '[Service]\nDynamicUser=yes\nExecStart=/usr/bin/b\n',
  )
  assert.equal(only(dynamic, 'relation').length, 0)
  const user = offer(automation, 'h/etc/systemd/system/c.service', '[Service]\nUser=app\nExecStart=/bin/c\n')
  assert.equal(only(user, 'relation')[0]?.to, 'host[h]:app')
  assert.equal(only(user, 'entitlement').length, 0)
  const timer = offer(automation, 'h/etc/systemd/system/a.timer', '[Timer]\nOnCalendar=daily\n')
  assert.equal(only(timer, 'principal')[0]?.ref, only(plain, 'principal')[0]?.ref)
  assert.equal(only(timer, 'principal')[0]?.mentioned, true)
})

test('secrets of a unit: values are fingerprinted, loaded credentials are references', () => {
  const facts = offer(
    automation,
    'h/etc/systemd/system/api.service',
    `[Service]\nUser=app\nEnvironment="API_TOKEN=${SECRET}" \\\n  MODE=fast\nEnvironment=DB_PASSWORD=\${DB_PASSWORD}\nLoadCredential=key:/etc/app/key\nExecStart=/bin/api https://u:${SECRET}@db/x\n`,
  )
  const [token, url, loaded] = only(facts, 'credential')
  assert.equal(token?.fingerprint, fingerprintInTest(SECRET))
  assert.equal(token?.provenance.startLine, 3)
  assert.equal(url?.fingerprint, fingerprintInTest(SECRET))
  assert.equal(loaded?.exposure, 'reference')
  assert.equal(loaded?.ref, 'host[h]:file/etc/app/key')
  assert.equal(only(facts, 'consumer').length, 3)
  assert.ok(!asText(facts).includes(SECRET))
})

test('sudo rules: aliases, tags that persist, run-as, negation, and who need not say a password', () => {
  const facts = offer(
    automation,
    'h/etc/sudoers.d/90-deploy',
    [
      'User_Alias DEPLOYERS = deploy, \\',
      '  ci',
      'Cmnd_Alias RESTART = /usr/bin/systemctl restart payments, /usr/bin/systemctl status payments',
      'Defaults:backup !authenticate',
      'DEPLOYERS ALL = (root) NOPASSWD: RESTART, PASSWD: /usr/bin/id',
      'admin ALL=(ALL:ALL) ALL, !/bin/su # people',
      'backup h=(root) /usr/bin/rsync',
      '%wheel ALL=(ALL) NOPASSWD: ALL',
      'broken',
      '@includedir /etc/sudoers.d',
    ].join('\n'),
  )
  const rights = only(facts, 'entitlement').map(({ principal, permission, level }) => [
    principal.replace('host[h]:', ''),
    permission,
    level,
  ])
  assert.deepEqual(rights, [
    ['deploy', '(root) NOPASSWD: /usr/bin/systemctl restart payments', 'write'],
    ['deploy', '(root) NOPASSWD: /usr/bin/systemctl status payments', 'write'],
    ['ci', '(root) NOPASSWD: /usr/bin/systemctl restart payments', 'write'],
    ['ci', '(root) NOPASSWD: /usr/bin/systemctl status payments', 'write'],
    ['deploy', '(root) /usr/bin/id', 'write'],
    ['ci', '(root) /usr/bin/id', 'write'],
    ['admin', '(ALL) ALL', 'admin'],
    ['backup', '(root) NOPASSWD: /usr/bin/rsync', 'admin'],
    ['%wheel', '(ALL) NOPASSWD: ALL', 'admin'],
  ])
  const admin = only(facts, 'entitlement').find(({ permission }) => permission === '(ALL) ALL')
  assert.deepEqual((admin?.conditions as Record<string, Json> | undefined)?.['except'], ['/bin/su'])
  assert.equal(only(facts, 'principal').find(({ name }) => name === '%wheel')?.kind, 'group')
  assert.equal(only(facts, 'problem')[0]?.startLine, 9)
  assert.equal(only(facts, 'blind_spot').length, 1)
})

test('aliases of aliases without end are cut off', () => {
  const rows = Array.from({ length: 60 }, (_, index) => `User_Alias A${index} = A${index + 1}, A${index + 1}`)
  const started = process.cpuUsage().user / 1000
  offer(automation, 'etc/sudoers', [...rows, 'User_Alias A60 = !x', 'A0 ALL=(ALL) ALL'].join('\n'))
  assert.ok(process.cpuUsage().user / 1000 - started < 2000)
})

test('no bound of sudoers hides a later rule, and each is said with its line', () => {
  const commands = Array.from({ length: 2000 }, (_, index) => `/bin/x${index}`)
  const users = Array.from({ length: 60 }, (_, index) => `u${index} ALL=(ALL) BIG`)
  const evil = 'evil ALL=(ALL) NOPASSWD: ALL'
  const facts = offer(automation, 'etc/sudoers', [`Cmnd_Alias BIG=${commands.join(',')}`, ...users, evil].join('\n'))
  const who = new Set(only(facts, 'entitlement').map(({ principal }) => principal))
  assert.equal(who.size, 61)
  assert.equal(only(facts, 'entitlement').at(-1)?.permission, '(ALL) NOPASSWD: ALL')
  const said = only(facts, 'problem').map(({ startLine, message }) => [
    startLine,
    message.split(' ').slice(0, 5).join(' '),
  ])
  assert.deepEqual(said, [
    [51, 'this line (and 10 more'],
    [2, 'this line (and 48 more'],
  ])
  const plain = Array.from({ length: 30_000 }, (_, index) => `u${index} ALL=(root) /usr/bin/id`)
  const many = offer(automation, 'etc/sudoers', plain.join('\n'))
  assert.equal(only(many, 'entitlement').length, 30_000)
  assert.deepEqual(only(many, 'problem'), [])
  const long = offer(automation, 'etc/sudoers', `# c\na ALL=(root) ${'/bin/id, '.repeat(9000)}/bin/sh\n${evil}`)
  assert.equal(only(long, 'entitlement').at(-1)?.permission, '(ALL) NOPASSWD: ALL')
  assert.deepEqual(new Set(only(long, 'problem').map(({ startLine }) => startLine)), new Set([2]))
})

test('.netrc is read to its end, and a line that is too long is said', () => {
  const text = `${'machine m login l password changeme\n'.repeat(10_000)}machine z login bot password ${SECRET}\n#${'x'.repeat(5000)}\n`
  const facts = offer(automation, '.netrc', text)
  assert.equal(only(facts, 'credential').at(-1)?.name, 'bot@z')
  assert.deepEqual(
    only(facts, 'problem').map(({ startLine }) => startLine),
    [10_002],
  )
})

test('.env: secrets by name and in URLs, placeholders left alone, the key id joins its secret', () => {
  const facts = offer(
    automation,
    'payments/.env.production',
    `\uFEFFexport DB_PASSWORD="${SECRET}" # x\r\nAPI_KEY=\${API_KEY}\r\nTOKEN=changeme\r\nMAX_TOKENS=4096\r\nDATABASE_URL=postgres://app:${SECRET}@db:5432/app\r\nAWS_ACCESS_KEY_ID=AKIAZ7QWXKPLMNBVCXZA\r\nAWS_SECRET_ACCESS_KEY=${SECRET}${SECRET}\r\nSESSION_COOKIE_NAME=sid\r\nTLS_KEY_FILE=/etc/key.pem\r\n`,
  )
  assert.deepEqual(
    only(facts, 'credential').map(({ name, credentialType }) => [name, credentialType]),
    [
      ['DB_PASSWORD', 'password'],
      ['DATABASE_URL', 'connection_string'],
      ['AWS_SECRET_ACCESS_KEY', 'aws_access_key'],
    ],
  )
  assert.equal(only(facts, 'credential')[2]?.ref, 'aws:access-key/AKIAZ7QWXKPLMNBVCXZA')
  assert.equal(only(facts, 'credential')[0]?.environment?.value, 'production')
  assert.ok(!asText(facts).includes(SECRET))
  assert.equal(offer(automation, '.env.example', `DB_PASSWORD=${SECRET}`).length, 0)
})

test('.pgpass and .netrc name the machine and login, not the password', () => {
  const pgpass = offer(
    automation,
    'home/etl/.pgpass',
    `# c\ndb.larkfield.example:5432:claims:etl:${SECRET}\\:x\n*:*:*:a:*\n`,
  )
  assert.equal(only(pgpass, 'credential')[0]?.name, 'etl@db.larkfield.example')
  assert.equal(only(pgpass, 'credential')[0]?.fingerprint, fingerprintInTest(`${SECRET}:x`))
  assert.equal(only(pgpass, 'consumer').length, 1)
  const netrc = offer(
    automation,
    '.netrc',
    `machine git.larkfield.example\n  login bot\n  password ${SECRET}\ndefault login a password ${SECRET}2\n`,
  )
  assert.deepEqual(
    only(netrc, 'credential').map(({ name, provenance }) => [name, provenance.startLine]),
    [
      ['bot@git.larkfield.example', 3],
      ['a@default', 4],
    ],
  )
  assert.ok(!asText([...pgpass, ...netrc]).includes(SECRET))
})

test('compose: services, their pins, powers over the host, and secrets by value and by reference', () => {
  const facts = offer(
    automation,
    'deploy/docker-compose.yml',
    `services:
  api:
    image: registry.larkfield.example/api@sha256:${'a'.repeat(64)}
    labels: { owner: payments }
    environment:
      - DB_PASSWORD=${SECRET}
      - API_TOKEN=\${API_TOKEN}
      - CACHE_PASSWORD=\${CACHE_PASSWORD:-${SECRET}z}
    secrets: [signing]
  agent:
    image: agent
    privileged: true
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock:ro
      - data:/data
  broken: 7
secrets:
  signing:
    file: ./signing.key
`,
  )
  const [api, agent] = only(facts, 'principal')
  assert.equal(api?.externalId, 'deploy/docker-compose.yml#api')
  assert.equal(api?.attributes?.['imagePin'], 'digest')
  assert.equal(api?.ownerHints?.[0]?.who, 'payments')
  assert.equal(agent?.attributes?.['imagePin'], 'latest')
  const embedded = only(facts, 'credential').filter(({ exposure }) => exposure === 'embedded')
  assert.deepEqual(
    embedded.map(({ name, provenance }) => [name, provenance.startLine]),
    [
      ['DB_PASSWORD', 6],
      ['CACHE_PASSWORD', 8],
    ],
  )
  assert.deepEqual(
    only(facts, 'entitlement').map(({ permission, provenance }) => [permission, provenance.startLine]),
    [
      ['privileged container', 12],
      ['container runtime socket', 14],
    ],
  )
  assert.equal(only(facts, 'consumer').length, 3)
  assert.equal(only(facts, 'problem').length, 1)
  assert.ok(!asText(facts).includes(SECRET))
})

test('hostile shapes are read without a throw and in time', () => {
  const started = process.cpuUsage().user / 1000
  const long = 'a '.repeat(200_000)
  const quotes = '"\\'.repeat(200_000)
  for (const path of ['etc/crontab', 'etc/sudoers', 'a.service', '.env', '.netrc', '.pgpass', 'compose.yaml']) {
    for (const text of [
      long,
      quotes,
      `[Service]\nExecStart=${quotes}`,
      `* * * * * root ${quotes}`,
      `A=${quotes}\n`.repeat(20),
      `services: {__proto__: {environment: {TOKEN: [1]}}, a: {environment: [[1]], volumes: {}, labels: 3}}`,
    ]) {
      const facts = offer(automation, path, text)
      assert.ok(!asText(facts).includes('could not read this file'), `${path}: ${text.slice(0, 40)}`)
    }
  }
  assert.ok(process.cpuUsage().user / 1000 - started < 5000)
})

test('a unit that a package brings is a mention; a script named .cron is no crontab', () => {
  const unit = '[Service]\nUser=app\nExecStart=/bin/c\nLoadCredential=password\n'
  const packaged = offer(automation, 'h/usr/lib/systemd/system/c.service', unit)
  assert.equal(only(packaged, 'principal')[0]?.mentioned, true)
  assert.equal(only(packaged, 'consumer').length, 0)
  assert.deepEqual(offer(automation, 'tools/expire.cron', '#!/usr/bin/perl\nprint 1;\n'), [])
})
