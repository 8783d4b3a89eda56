// No planted secret value appears in any output, on standard error, or in an error, whatever file it stands in.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { folderOf, reeve, reportOn } from './run-reeve.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007)
/** mulberry32: the same seed plants the same secrets. */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const HEX = '0123456789abcdef'

/** What stands for each kind of secret; `%` is what must not be seen again. */
const KINDS: readonly (readonly [prefix: string, alphabet: string, length: number])[] = [
  ['', LETTERS, 24],
  ['', LETTERS, 40],
  ['', HEX, 40],
  ['ghp_', LETTERS, 36],
  ['xoxb-2345678901-', LETTERS, 24],
  ['sk_live_', LETTERS, 24],
  ['glpat-', LETTERS, 20],
  ['npm_', LETTERS, 36],
  ['SG.', LETTERS, 43],
  ['Kw7-', LETTERS, 14],
]

class Planter {
  readonly #random: () => number
  readonly values: string[] = []
  constructor(start: number) {
    this.#random = randomFrom(start)
  }
  text(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[Math.floor(this.#random() * alphabet.length)]).join('')
  }
  secret(): string {
    const [prefix, alphabet, length] = KINDS[this.values.length % KINDS.length] ?? ['', LETTERS, 24]
    return this.keep(prefix + this.text(alphabet, length))
  }
  keep(value: string): string {
    this.values.push(value)
    return value
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A file of every kind that there is a connector for, and some that break off. */
function filesWith(planter: Planter): Record<string, string | Buffer> {
  const s = (): string => planter.secret()
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const jwt = [
    base64('{"alg":"HS256","typ":"JWT"}').replaceAll('=', ''),
    base64(`{"sub":"svc","jti":"${s()}"}`).replaceAll('=', ''),
    planter.keep(planter.text(LETTERS, 43)),
  ].join('.')
  planter.keep(privateKey.split('\n')[1] ?? '')
  const mcp = {
    mcpServers: {
      tickets: {
        command: 'npx',
        args: ['-y', 'tickets-mcp', '--api-key', s(), `--token=${s()}`],
        env: { API_TOKEN: s() },
      },
      remote: { url: `https://bot:${s()}@mcp.example/sse?token=${s()}`, headers: { Authorization: `Bearer ${s()}` } },
    },
  }
  const state = {
    version: 4,
    terraform_version: '1.9.0',
    serial: 1,
    lineage: 'x',
    outputs: { admin_password: { value: s(), type: 'string', sensitive: true } },
    resources: [
      {
        mode: 'managed',
        type: 'aws_iam_access_key',
        name: 'deploy',
        provider: 'provider["registry.terraform.io/hashicorp/aws"]',
        instances: [
          {
            attributes: {
              id: `AKIA${planter.text(UPPER, 16)}`,
              user: 'deploy',
              secret: s(),
              ses_smtp_password_v4: s(),
            },
          },
        ],
      },
      {
        mode: 'managed',
        type: 'random_password',
        name: 'db',
        instances: [{ attributes: { result: s(), length: 24 } }],
      },
      {
        mode: 'managed',
        type: 'aws_db_instance',
        name: 'main',
        instances: [{ attributes: { id: 'db', username: 'app', password: s() } }],
      },
    ],
  }
  const files: Record<string, string | Buffer> = {
    '.env': `DATABASE_URL=postgres://app:${s()}@db.example/app\nAPI_KEY=${s()}\nexport SECRET_KEY="${s()}"\nAUTH='Basic ${base64(`svc:${s()}`)}'\n`,
    'app/settings.py': `PASSWORD = "${s()}"\nAPI_TOKEN = '${s()}'\nheaders = {"Authorization": "Bearer ${s()}"}\nconnect(user="app", password="${s()}")\n`,
    'app/config.ts': `export const config = { apiKey: '${s()}', clientSecret: "${s()}", token: \`${s()}\` }\n// password: ${s()}\n`,
    'app/Main.java': `String password = "${s()}";\nconn.setRequestProperty("X-Api-Key", "${s()}");\n`,
    'app/main.go': `const token = "${s()}"\ndb.Open("mysql", "root:${s()}@tcp(db:3306)/app")\n`,
    'app/app.rb': `password: "${s()}"\nENV["TOKEN"] = '${s()}'\n`,
    'app/appsettings.json': JSON.stringify(
      { ConnectionStrings: { Main: `Server=db;User Id=app;Password=${s()};` }, Jwt: { Key: s() } },
      null,
      2,
    ),
    'app/application.properties': `spring.datasource.password=${s()}\napi.secret=${s()}\n`,
    'app/config.xml': `<config><password>${s()}</password><add key="ApiKey" value="${s()}"/></config>\n`,
    'app/config.toml': `[db]\npassword = "${s()}"\ntoken = '${s()}'\n`,
    'app/my.ini': `[client]\npassword=${s()}\n`,
    'deploy.sh': `curl -u admin:${s()} https://x.example\ncurl -H "Authorization: token ${s()}" https://x.example\nexport AWS_SECRET_ACCESS_KEY=${s()}\nmysql -psecret --password=${s()}\n`,
    Dockerfile: `FROM alpine:3.20\nENV API_TOKEN=${s()}\nARG DB_PASSWORD=${s()}\n`,
    'docker-compose.yml': `services:\n  web:\n    image: web:1\n    environment:\n      DB_PASSWORD: ${s()}\n      - no\n`,
    'docker-compose.prod.yml': `services:\n  web:\n    image: web:1\n    command: ["serve", "--token", "${s()}"]\n    environment:\n      DB_PASSWORD: ${s()}\n      REDIS_URL: redis://:${s()}@redis:6379\n`,
    'k8s/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop, annotations: {note: "${s()}"}}\ndata:\n  password: ${base64(s())}\nstringData:\n  token: ${s()}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: web:1\n          args: ["--password=${s()}"]\n          env: [{name: TOKEN, value: "${s()}"}]\n`,
    'k8s/list.json': JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'v1',
          kind: 'Secret',
          type: 'kubernetes.io/dockerconfigjson',
          metadata: { name: 'pull', namespace: 'shop' },
          data: {
            '.dockerconfigjson': base64(JSON.stringify({ auths: { 'r.example': { auth: base64(`bot:${s()}`) } } })),
          },
        },
      ],
    }),
    '.github/workflows/ci.yml': `name: ci\non: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    env:\n      TOKEN: ${s()}\n    steps:\n      - uses: actions/checkout@v4\n        with: {token: ${s()}}\n      - run: curl -H "Authorization: Bearer ${s()}" https://x.example\n`,
    '.mcp.json': JSON.stringify(mcp, null, 2),
    'claude_desktop_config.json': JSON.stringify({
      mcpServers: { fs: { command: 'sh', args: ['-c', `TOKEN=${s()} run`] } },
    }),
    'terraform.tfstate': JSON.stringify(state, null, 2),
    'main.tf': `resource "x" "y" {\n  password = "${s()}"\n}\nvariable "token" { default = "${s()}" }\n`,
    '.netrc': `machine api.example login bot password ${s()}\n`,
    '.pgpass': `db.example:5432:app:app:${s()}\n`,
    '.npmrc': `//registry.example/:_authToken=${s()}\n`,
    '.pypirc': `[pypi]\nusername = __token__\npassword = ${s()}\n`,
    '.docker/config.json': JSON.stringify({ auths: { 'r.example': { auth: base64(`bot:${s()}`) } } }),
    '.aws/credentials': `[default]\naws_access_key_id = AKIA${planter.text(UPPER, 16)}\naws_secret_access_key = ${s()}\n`,
    'etc/crontab': `5 4 * * * root /usr/bin/backup --password=${s()} https://u:${s()}@b.example\n`,
    'etc/systemd/system/job.service': `[Service]\nUser=root\nEnvironment=TOKEN=${s()}\nExecStart=/bin/job --key ${s()}\n`,
    'etc/sudoers': `deploy ALL=(ALL) NOPASSWD: /usr/bin/tool --token ${s()}\n`,
    'home/.ssh/authorized_keys': `command="run --token ${s()}",no-pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl svc@host\n`,
    'home/.bash_history': `export TOKEN=${s()}\nmysql -u root -p${s()}\n`,
    'keys/service.pem': privateKey,
    'keys/jwt.txt': `token: ${jwt}\n`,
    'users.ldif': `dn: CN=svc,DC=x\nobjectClass: user\nsAMAccountName: svc\nuserPassword: ${s()}\ndescription: password is ${s()}\nunicodePwd:: ${base64(s())}\n`,
    'entra.json': JSON.stringify({
      value: [
        {
          '@odata.type': '#microsoft.graph.application',
          id: 'a',
          appId: 'b',
          displayName: 'app',
          passwordCredentials: [
            { keyId: 'k', displayName: 'main', hint: 'abc', secretText: s(), endDateTime: '2030-01-01T00:00:00Z' },
          ],
        },
      ],
    }),
    'accounts.csv': `id,name,password\n1,svc,${s()}\n`,
    'notes.md': `The password is \`${s()}\`, the token is ${s()}.\n\n    curl https://bot:${s()}@x.example\n`,
    'broken.json': `{"password": "${s()}", "mcpServers": {"x": {"env": {"TOKEN": "${s()}"`,
    'broken.yaml': `password: "${s()}\n  : [${s()}\n`,
    'broken.tfstate': `{"version": 4, "resources": [{"instances": [{"attributes": {"secret": "${s()}"`,
    'broken.pem': `-----BEGIN RSA PRIVATE KEY-----\n${planter.keep(planter.text(LETTERS, 64))}\n`,
    'wide.env': Buffer.from(`\ufeffTOKEN=${s()}\n`, 'utf16le'),
    'log.gz': gzipSync(`GET https://bot:${s()}@x.example/?api_key=${s()}\n`),
  }
  for (let index = 0; planter.values.length < 220; index++) {
    files[`more/part-${index}.yaml`] = `db:\n  password: ${s()}\n  url: amqp://app:${s()}@mq.example\n`
  }
  return files
}

/** A value, its base64, and every stretch of it that is longer than what a hint may show. */
function tracesOf(value: string): string[] {
  const known = KINDS.find(([prefix]) => prefix !== '' && value.startsWith(prefix))?.[0].length ?? 0
  const secret = value.slice(known)
  return [
    value,
    base64(value),
    ...(secret.length < 12 ? [] : [secret.slice(0, 8), secret.slice(4, 14), secret.slice(-8)]),
  ]
}

describe(`planted secrets (SEED=${seed})`, () => {
  test('none of 200 leaves in any format, on standard error, in an explanation or from history', async (t) => {
    const planter = new Planter(seed)
    const folder = await folderOf(t, filesWith(planter))
    assert.ok(planter.values.length >= 200)
    const git = (...args: string[]): unknown =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], {
        stdio: 'pipe',
      })
    git('init', '-q')
    git('add', '-A')
    git('commit', '-q', '-m', `add ${planter.values[0] ?? ''}`)
    await rm(join(folder, 'app'), { recursive: true })
    const key = join(folder, '..', `${seed}.key`)
    t.after(async () => rm(key, { force: true }))
    await writeFile(key, Buffer.alloc(32, 7))

    const said = new Map<string, string>()
    const keep = async (name: string, args: readonly string[], stdin = ''): Promise<void> => {
      const { stdout, stderr } = await reeve(args, { stdin })
      said.set(name, stdout + stderr)
    }
    for (const format of ['table', 'json', 'sarif', 'csv', 'html']) {
      await keep(format, ['scan', folder, '--format', format])
    }
    await keep('with a key', ['scan', folder, '--format', 'json', '--key-file', key])
    await keep('staged', ['scan', folder, '--format', 'json', '--staged'])
    await keep('stdin', ['scan', '-', '--format', 'json'], await readFile(join(folder, '.env'), 'utf8'))
    await keep('as settings', ['scan', folder, '--config', join(folder, 'broken.yaml')])
    await keep('as a baseline', ['scan', folder, '--baseline', join(folder, 'k8s', 'secret.yaml')])
    await keep('as people', ['scan', folder, '--people', join(folder, 'accounts.csv')])
    await keep('as settings that parse', ['scan', folder, '--config', join(folder, 'docker-compose.prod.yml')])
    const report = await reportOn(folder)
    for (const { fingerprint } of report.findings.slice(0, 5)) {
      await keep(`explain ${fingerprint}`, ['scan', folder, '--explain', fingerprint])
    }
    const written = join(folder, 'baseline.yaml')
    await reeve(['scan', folder, '--write-baseline', written, '--reason', 'x'])
    said.set('baseline', await readFile(written, 'utf8'))

    const seen = new Set<string>()
    for (const [name, text] of said) {
      assert.notEqual(text, '', name)
      for (const value of planter.values) {
        if (tracesOf(value).some((trace) => text.includes(trace))) seen.add(`${name}: ${value}`)
      }
    }
    assert.deepEqual([...seen], [])
    const embedded = report.credentials.filter(({ locations }) =>
      locations.some(({ exposure }) => exposure === 'embedded'),
    )
    assert.ok(
      embedded.length > planter.values.length / 2,
      `${embedded.length} of ${planter.values.length} were found at all`,
    )
    assert.ok(
      embedded.some(({ locations }) => locations.some(({ commit }) => commit !== undefined)),
      'history was read',
    )
  })
})
