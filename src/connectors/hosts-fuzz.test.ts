// The adapters of hosts, keys and state under damage: nothing is thrown, nothing takes long, no secret gets out.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { array, assert as assertProperty, constantFrom, nat, oneof, property, record, string } from 'fast-check'
import { automation } from './automation/automation.ts'
import { certificates } from './certificates/certificates.ts'
import { asText, offer } from './offer-in-test.ts'
import { openssh } from './openssh/openssh.ts'
import { terraform } from './terraform/terraform.ts'

const ADAPTERS = [automation, certificates, openssh, terraform]
const FOLDERS = ['samples/hosts', 'samples/certificates', 'samples/terraform']

const inputs = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, bytes: readFileSync(path) })),
)

test('cut, flipped, doubled and spliced inputs are read without a throw', () => {
  const damage = record({
    input: nat({ max: inputs.length - 1 }),
    other: nat({ max: inputs.length - 1 }),
    at: nat({ max: 4000 }),
    length: nat({ max: 300 }),
    insert: oneof(
      string({ maxLength: 60 }),
      constantFrom('"', '\\', '\n', '\0', '{', '-----BEGIN ', '__proto__', '\u2028', '= ', ', '),
    ),
  })
  assertProperty(
    property(damage, ({ input, other, at, length, insert }) => {
      const { path, bytes } = inputs[input] ?? { path: '', bytes: Buffer.alloc(0) }
      const rest = inputs[other]?.bytes ?? Buffer.alloc(0)
      const spliced = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(insert),
        bytes.subarray(at + length),
        rest.subarray(0, length),
      ])
      for (const adapter of ADAPTERS)
        assert.ok(!asText(offer(adapter, path, spliced)).includes('could not read this file'))
    }),
    { numRuns: 400 },
  )
})

/** Where people put secrets; `§` stands for one. */
const PLACES: readonly (readonly [path: string, text: string])[] = [
  [
    'etc/cron.d/a',
    'DB_PASSWORD=§\n* * * * * root /bin/a --password=§ --token § https://u:§@h/ -H "Authorization: Bearer §" X_SECRET=§ b\n',
  ],
  ['etc/cron.d/a', '* * * * * root mysqldump -u x -p§ db\n* * * * * root curl -u bot:§ https://h/?token=§\n'],
  [
    'a.service',
    '[Service]\nEnvironment=API_TOKEN=§ "SECRET_KEY=§"\nExecStart=/bin/a --api-key § --opaque §\nSetCredential=x:§\n',
  ],
  ['etc/sudoers', 'a ALL=(root) NOPASSWD: /usr/bin/psql --password=§ x, /bin/b --token=§\n'],
  ['.env', 'A_PASSWORD=§\nB_URL=redis://:§@h\nC_URL=https://x:§@h/p\nexport TOKEN="§\n'],
  ['.pgpass', 'h:5432:d:u:§\n'],
  ['.netrc', 'machine h login § password x-oauth-basic\nmachine i login u password §\n'],
  [
    'compose.yaml',
    'services:\n  a:\n    image: u:§@h/x\n    environment: [DB_PASSWORD=§, "URL=amqp://u:§@h"]\n    command: x --password § --opaque §\n    labels: {api_token: §}\n',
  ],
  [
    'root/.ssh/authorized_keys',
    'environment="TOKEN=§",command="/bin/a --token §" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHmdL66MkkOvncpc0W4MdvlJZMfQthHiOUv+XKm7gvzE x\n',
  ],
  ['etc/ssh/sshd_config', 'AuthorizedKeysCommand /bin/a --token §\nBanner §\n'],
  [
    'a.tfstate',
    '{"version":4,"outputs":{"p":{"sensitive":true,"value":"§"}},"resources":[{"type":"x","name":"y","instances":[{"attributes":{"password":"§","list":[{"name":"TOKEN","value":"§"}],"json":"{\\"password\\":\\"§\\"}"}}]}]}',
  ],
]

test('no secret value is in what is said, wherever it stands', () => {
  const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'.split('')
  const secret = array(constantFrom(...alphabet), { minLength: 24, maxLength: 48 }).map((letters) => letters.join(''))
  assertProperty(
    property(secret, constantFrom(...PLACES), (value, [path, text]) => {
      for (const adapter of ADAPTERS) {
        const said = asText(
          offer(
            adapter,
            path,
            text.replaceAll('§', () => value),
          ),
        )
        // a hint shows four characters, and only of twenty-four or more
        assert.ok(!said.includes(value.slice(0, 8)) && !said.includes(value.slice(-8)), `${path} with ${adapter.id}`)
      }
    }),
    { numRuns: 300 },
  )
})
