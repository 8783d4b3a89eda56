import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CredentialFact, PrincipalFact } from '#kernel'
import { asText, fingerprintInTest, offer, only } from '../offer-in-test.ts'
import { agents } from './agents.ts'

const servers = (path: string, text: string): PrincipalFact[] =>
  only(offer(agents, path, text), 'principal').filter(({ nativeType }) => nativeType === 'mcp-server')
const config = (server: object, path = '.mcp.json'): ReturnType<typeof offer> =>
  offer(agents, path, JSON.stringify({ mcpServers: { s: server } }))
const credentials = (server: object): CredentialFact[] => only(config(server), 'credential')

test('every dialect of a client gives the same server', () => {
  const stdio = { command: 'npx', args: ['-y', 'b@1.2.3'], env: { B_TOKEN: '${B_TOKEN}' } }
  const dialects: readonly (readonly [path: string, value: unknown])[] = [
    ['.mcp.json', { mcpServers: { s: stdio } }],
    ['.continue/config.json', { mcpServers: [{ name: 's', ...stdio }] }],
    ['.vscode/mcp.json', { servers: { s: stdio }, inputs: [] }],
    ['.vscode/settings.json', { mcp: { servers: { s: stdio } } }],
    ['.vscode/settings.json', { 'editor.tabSize': 2, 'mcp.servers': { s: stdio } }],
    ['.zed/settings.json', { context_servers: { s: { source: 'custom', ...stdio } } }],
    ['zed/settings.json', { context_servers: { s: { command: { path: 'npx', args: stdio.args, env: stdio.env } } } }],
    ['opencode.json', { mcp: { s: { type: 'local', command: ['npx', ...stdio.args], environment: stdio.env } } }],
    ['.claude.json', { projects: { '/x': { mcpServers: { s: stdio } } } }],
    [
      '.continue/config.json',
      { experimental: { modelContextProtocolServers: [{ name: 's', transport: { type: 'stdio', ...stdio } }] } },
    ],
  ]
  for (const [path, value] of dialects) {
    const facts = offer(agents, path, JSON.stringify(value, undefined, 1))
    const [server, ...others] = only(facts, 'principal').filter(({ nativeType }) => nativeType === 'mcp-server')
    assert.equal(server?.externalId, `${path}#s`, JSON.stringify(value))
    assert.deepEqual(others, [])
    assert.equal(server.attributes?.['package'], 'b')
    assert.equal(server.attributes['pinned'], true)
    assert.ok((server.provenance.startLine ?? 0) > 1)
    assert.equal(only(facts, 'credential')[0]?.name, 'B_TOKEN', path)
    assert.equal(only(facts, 'relation').length, 1)
    assert.equal(only(facts, 'principal').find(({ kind }) => kind === 'ai_agent')?.externalId, path)
  }
})

test('TOML and YAML configurations are read, with lines', () => {
  const [codex] = servers(
    '.codex/config.toml',
    'model = "x"\n\n[mcp_servers.s]\ncommand = "npx"\nargs = ["-y", "b"]\n\n[mcp_servers.s.env]\nB_TOKEN = "$B"\n',
  )
  assert.equal(codex?.externalId, '.codex/config.toml#s')
  assert.equal(codex.provenance.startLine, 3)
  assert.equal(codex.attributes?.['pinned'], false)
  const [yaml] = servers(
    '.continue/mcpServers/b.yaml',
    'name: x\nmcpServers:\n  - name: s\n    command: uvx\n    args: [b]\n',
  )
  assert.equal(yaml?.provenance.startLine, 3)
  const [goose] = servers(
    'goose/config.yaml',
    'extensions:\n  s:\n    type: stdio\n    cmd: uvx\n    args: [b]\n    envs: {}\n',
  )
  assert.equal(goose?.attributes?.['package'], 'b')
})

test('comments in a configuration are no obstacle, and a broken one is one problem', () => {
  assert.equal(
    servers('.vscode/mcp.json', '{ // why\n "servers": { "s": { "url": "https://h.example/mcp", }, }, }').length,
    1,
  )
  const broken = offer(agents, '.mcp.json', '{"mcpServers": {"s": {"command": "npx",\n')
  assert.deepEqual(
    broken.map(({ type }) => type),
    ['problem'],
  )
})

test('what is no configuration gives nothing', () => {
  assert.deepEqual(
    offer(agents, 'openapi.json', '{"servers": [{"url": "https://x.example"}], "skills": 1, "capabilities": 2}'),
    [],
  )
  assert.deepEqual(offer(agents, 'docker-compose.yml', 'extensions:\n  x: {cmd: a}\n'), [])
  assert.deepEqual(offer(agents, 'settings.json', '{"mcp": {"enabled": true}}'), [])
  assert.deepEqual(offer(agents, 'a.json', '{"mcpServers": 3}'), [])
})

test('a server that says neither how it starts nor where it is is a problem, the others are read', () => {
  const facts = offer(
    agents,
    '.mcp.json',
    '{"mcpServers": {\n "a": {"args": []},\n "b": {"url": "https://h.example"}\n}}',
  )
  assert.equal(only(facts, 'problem')[0]?.startLine, 2)
  assert.equal(servers('.mcp.json', '{"mcpServers": {"a": 3, "b": {"url": "https://h.example"}}}').length, 1)
})

const REAL = 'q7Xw2Lr9Tz4Kp8Vn3Bm6Ds1Hf5'

test('a real secret leaves as a fingerprint from every place that can hold one', () => {
  const places: readonly object[] = [
    { command: 'x', env: { B_API_KEY: REAL } },
    { command: 'x', env: { MCP_KEY: REAL } },
    { command: 'npx', args: ['b', '--api-key', REAL] },
    { command: 'npx', args: ['b', `--token=${REAL}`] },
    { command: 'npx', args: ['mcp-remote', 'https://h.example', '--header', `Authorization: Bearer ${REAL}`] },
    { command: 'docker', args: ['run', '-e', `B_TOKEN=${REAL}`, 'a/b'] },
    { command: 'env', args: [`B_TOKEN=${REAL}`, 'npx', 'b'] },
    { url: 'https://h.example/mcp', headers: { Authorization: `Bearer ${REAL}` } },
    { url: 'https://h.example/mcp', headers: { 'X-API-Key': REAL } },
    { url: `https://h.example/mcp?api_key=${REAL}` },
    { url: `https://h.example/s/${REAL}/mcp` },
    { command: 'npx', args: ['b', `postgres://app:${REAL}@db.example/x`] },
    { command: 'x', env: { DATABASE_URL: `postgres://app:${REAL}@db.example/x` } },
    { command: 'x', args: ['--pat', `ghp_${REAL}`] },
  ]
  for (const server of places) {
    const facts = config(server)
    assert.ok(!asText(facts).includes(REAL), JSON.stringify(server))
    const [secret, ...more] = only(facts, 'credential').filter(({ exposure }) => exposure === 'embedded')
    assert.ok(secret !== undefined && more.length === 0, JSON.stringify(server))
    const value = JSON.stringify(server).includes('ghp_') ? `ghp_${REAL}` : REAL
    assert.equal(secret.fingerprint, fingerprintInTest(value), JSON.stringify(server))
    assert.equal(only(facts, 'consumer').length, 1)
  }
})

test('a name, a placeholder and a setting are no secrets', () => {
  const embedded = (server: object): number =>
    credentials(server).filter(({ exposure }) => exposure === 'embedded').length
  for (const value of [
    'YOUR_API_KEY',
    '${B_KEY}',
    '$B_KEY',
    '<token>',
    'REDACTED',
    'REDACTED_57',
    'xxxxxxxxxxxx',
    'your_service_key_here',
    '${input:key}',
    'op://vault/item',
    '',
    'sk-...',
    'my-secret-token',
    '{{key}}',
  ]) {
    assert.equal(embedded({ command: 'x', env: { B_API_KEY: value } }), 0, value)
    assert.equal(embedded({ command: 'x', args: ['--api-key', value] }), 0, value)
  }
  const settings = {
    MAX_TOKENS: '4096',
    B_URL: 'https://h.example/a',
    PYTHONPATH: '/x/y',
    PUBLIC_KEY: 'abcdefgh12345678abcd',
    KEYBOARD: 'qwertzuiop123456',
    TOKEN_LIMIT: '100000',
    AUTHOR: 'Ana Maria 2026 01 01',
    GOOGLE_APPLICATION_CREDENTIALS: '/home/a/key.json',
  }
  assert.equal(embedded({ command: 'x', env: settings }), 0)
  assert.equal(embedded({ url: 'https://h.example/projects/3f2504e0-4f89-11d3-9a0c-0305e82c3301/mcp' }), 0)
})

test('an AWS key pair in the environment is the key of its user', () => {
  const [key] = credentials({
    command: 'x',
    env: { AWS_ACCESS_KEY_ID: 'AKIAQ5RT7WYX2BDHMNPL', AWS_SECRET_ACCESS_KEY: `${REAL}wJalrXUtnFEMI` },
  })
  assert.equal(key?.ref, 'aws:access-key/AKIAQ5RT7WYX2BDHMNPL')
  assert.equal(key.exposure, 'embedded')
})

test('a remote server, a disabled one and what runs unasked are told', () => {
  const [remote] = only(
    config({ type: 'sse', url: 'http://h.example/x', disabled: true, alwaysAllow: ['run'] }),
    'principal',
  )
  assert.deepEqual(
    [
      remote?.enabled,
      remote?.vendor,
      remote?.attributes?.['transport'],
      remote?.attributes?.['scheme'],
      remote?.attributes?.['autoApprove'],
    ],
    [false, 'h.example', 'sse', 'http', ['run']],
  )
})

test('a registry manifest lists its secrets, hosts and source', () => {
  const text =
    'name: s\nimage: acme/s:1.2.3\ntype: server\nmeta: {category: x}\nabout: {title: S, description: Does it}\nsource: {project: https://h.example/s, commit: 0a1b2c3d4e0123456789012345678901234567ef}\nconfig:\n  secrets:\n    - {name: s.key, env: S_KEY, example: your_key}\noauth:\n  - {provider: s, secret: s.pat, env: S_PAT}\nrun: {volumes: ["/a:/b"], allowHosts: ["h.example:443"]}\n'
  const facts = offer(agents, 'servers/s/server.yaml', text)
  const [server] = only(facts, 'principal')
  assert.equal(server?.externalId, 's')
  assert.equal(server.attributes?.['pinned'], true, 'built from one commit')
  assert.deepEqual(server.attributes['hosts'], ['h.example:443'])
  assert.deepEqual(
    only(facts, 'credential').map(({ name, credentialType }) => [name, credentialType]),
    [
      ['S_KEY', 'api_token'],
      ['S_PAT', 'federated'],
    ],
  )
})

test('the official registry is read from a file and from a page of its API', () => {
  const server = {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: 'io.example/s',
    description: 'Does it',
    version: '1.0.0',
    packages: [
      {
        registryType: 'npm',
        identifier: 's',
        version: '1.0.0',
        environmentVariables: [{ name: 'S_KEY', isSecret: true }, { name: 'S_MODE' }],
      },
    ],
    remotes: [{ type: 'sse', url: 'https://h.example/sse' }],
  }
  for (const value of [server, { servers: [{ server, _meta: {} }], metadata: {} }]) {
    const facts = offer(agents, 'server.json', JSON.stringify(value))
    assert.equal(only(facts, 'principal')[0]?.externalId, 'io.example/s')
    assert.deepEqual(
      only(facts, 'credential').map(({ name }) => name),
      ['S_KEY'],
    )
  }
})

test('a card demands authentication, offers it, or asks for nothing', () => {
  const card = { name: 'A', url: 'https://u:p@h.example/a2a?k=1', capabilities: {}, skills: [{ id: 's' }] }
  const authentication = (extra: object): unknown =>
    only(offer(agents, 'agent.json', JSON.stringify({ ...card, ...extra })), 'principal')[0]?.attributes?.[
      'authentication'
    ]
  assert.equal(authentication({}), 'none')
  assert.equal(authentication({ securitySchemes: { a: { type: 'http' } }, security: [{ a: [] }] }), 'required')
  assert.equal(authentication({ securitySchemes: { a: { type: 'http' } } }), 'offered')
  assert.equal(authentication({ security: [{}] }), 'none')
  assert.equal(authentication({ authentication: { schemes: ['Bearer'] } }), 'required')
  assert.equal(
    only(offer(agents, 'agent.json', JSON.stringify(card)), 'principal')[0]?.externalId,
    'https://h.example/a2a',
  )
})

test('any value in any place is survived, and quickly', () => {
  const server: Record<string, unknown> = {
    command: 'npx',
    args: ['a'],
    env: { A: 'b' },
    url: 'https://h',
    headers: { A: 'b' },
    disabled: false,
    autoApprove: ['x'],
    type: 'stdio',
  }
  for (const key of Object.keys(server)) {
    for (const value of [null, 0, '', [], {}, true, [null, [1], { a: 1 }], { a: null, __proto__: 1 }, '/'.repeat(1000)])
      config({ ...server, [key]: value })
  }
  const started = process.cpuUsage().user / 1000
  const long = 'a '.repeat(500_000)
  config({
    command: long,
    args: [long, '-'.repeat(1_000_000), '='.repeat(1_000_000)],
    env: { TOKEN: 'A1'.repeat(500_000) },
    url: `https://${'a/'.repeat(400_000)}`,
  })
  assert.ok(process.cpuUsage().user / 1000 - started < 2000, 'no quadratic expression')
})
