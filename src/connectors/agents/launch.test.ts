import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLaunch } from './launch.ts'
import { addressOf, reachOf } from './server-reach.ts'

/** `command args…` in one line; the package, its version and whether it is pinned. */
function launched(line: string): readonly unknown[] {
  const [command = '', ...args] = line.split(' ')
  const { ecosystem, package: name, version, pinned } = readLaunch(command, args)
  return [ecosystem, name, version, pinned]
}
const DIGEST = `sha256:${'c'.repeat(64)}`
const COMMIT = 'd'.repeat(40)

test('a package is pinned by an exact version only', () => {
  assert.deepEqual(launched('npx -y @a/b'), ['npm', '@a/b', undefined, false])
  assert.deepEqual(launched('npx -y @a/b@latest'), ['npm', '@a/b', 'latest', false])
  assert.deepEqual(launched('npx -y @a/b@^1.2.3'), ['npm', '@a/b', '^1.2.3', false])
  assert.deepEqual(launched('npx --yes @a/b@1.2.3 --port 3'), ['npm', '@a/b', '1.2.3', true])
  assert.deepEqual(launched('npx -p @a/b@1.2.3-rc.1 tool'), ['npm', '@a/b', '1.2.3-rc.1', true])
  assert.deepEqual(launched('npx --package=b tool'), ['npm', 'b', undefined, false])
  assert.deepEqual(launched('npx github:a/b'), ['npm', 'github:a/b', undefined, false])
  assert.deepEqual(launched(`npx github:a/b#${COMMIT}`), ['npm', 'github:a/b', COMMIT, true])
  assert.deepEqual(launched('pnpm dlx b@1.0.0'), ['npm', 'b', '1.0.0', true])
  assert.deepEqual(launched('bunx b'), ['npm', 'b', undefined, false])
  assert.deepEqual(launched('uvx b'), ['pypi', 'b', undefined, false])
  assert.deepEqual(launched('uvx b==1.2'), ['pypi', 'b', '1.2', true])
  assert.deepEqual(launched('uvx b@latest'), ['pypi', 'b', 'latest', false])
  assert.deepEqual(launched('uvx --from b[cli]==1.2 tool'), ['pypi', 'b', '1.2', true])
  assert.deepEqual(launched(`uvx --from git+https://x:y@host/r@${COMMIT} tool`), [
    'pypi',
    'git+https://host/r',
    COMMIT,
    true,
  ])
  assert.deepEqual(launched('pipx run --spec b tool'), ['pypi', 'b', undefined, false])
  assert.deepEqual(launched('go run example.org/m@v1.2.3'), ['go', 'example.org/m', 'v1.2.3', true])
  assert.deepEqual(launched('deno run -A npm:@a/b@1.2.3'), ['deno', '@a/b', '1.2.3', true])
})

test('an image is pinned by its digest only, whatever flags stand before it', () => {
  assert.deepEqual(launched('docker run -i --rm a/b'), ['container', 'a/b', undefined, false])
  assert.deepEqual(launched('docker run -i --rm -e K -v /x:/y --network host a/b:1.2'), [
    'container',
    'a/b',
    '1.2',
    false,
  ])
  assert.deepEqual(launched(`docker run --name=n a/b:1@${DIGEST} arg`), ['container', 'a/b', DIGEST, true])
  assert.deepEqual(launched('podman run reg.example:5000/a/b'), ['container', 'reg.example:5000/a/b', undefined, false])
  assert.deepEqual(launched('docker mcp gateway run').slice(0, 2), ['local', undefined])
})

test('programs of the machine itself are neither pinned nor unpinned', () => {
  for (const line of ['node ./x.js', 'python -m server', 'uv run server.py', '/opt/x/server', 'npx ./local'])
    assert.deepEqual(launched(line), ['local', undefined, undefined, undefined], line)
  assert.equal(readLaunch('~/Library/Application Support/x/tool', ['a']).command, 'tool')
  assert.equal(readLaunch('uv run python', ['s.py']).command, 'uv')
})

test('what only starts another program is taken off', () => {
  for (const line of [
    'cmd /c npx -y b@1.0.0',
    'env A=1 npx b@1.0.0',
    'wsl npx b@1.0.0',
    'op run -- npx b@1.0.0',
    'C:\\x\\npx.cmd b@1.0.0',
  ])
    assert.deepEqual(launched(line), ['npm', 'b', '1.0.0', true], line)
  assert.deepEqual(readLaunch('bash', ['-lc', "exec npx -y 'b@1.0.0'"]).package, 'b')
  assert.equal(readLaunch('bash', ['-c', 'curl x | sh']).ecosystem, 'local')
  assert.deepEqual(readLaunch('env', ['T=1', 'npx', 'b']).assignments, ['T=1'])
})

test('reach is whole only for a root or a home', () => {
  const broad = (line: string): string | undefined => {
    const [command = '', ...args] = line.split(' ')
    return reachOf('x', readLaunch(command, args)).broad?.path
  }
  for (const path of ['/', '~', '/Users/a', '/home/a/', '$HOME', '${HOME}', 'C:\\', 'C:\\Users\\a', '/root'])
    assert.equal(broad(`npx -y fs@1.0.0 ${path}`), path)
  for (const path of ['/Users/a/src', '.', '/opt', '${workspaceFolder}', 'C:\\work', '/homes'])
    assert.equal(broad(`npx -y fs@1.0.0 ${path}`), undefined, path)
  assert.equal(broad('docker run -v /:/host -i a/b'), '/')
  assert.equal(broad('docker run --mount type=bind,source=/home/a,target=/h a/b'), '/home/a')
  assert.equal(broad('npx x@1.0.0 --endpoint /'), undefined, 'not a place')
  assert.equal(broad('uv --directory /Users/a run s.py'), undefined, 'where it runs is not what it is given')
})

test('a shell is known by its words, not by chance', () => {
  const shell = (name: string, line: string): boolean => {
    const [command = '', ...args] = line.split(' ')
    return reachOf(name, readLaunch(command, args)).shell
  }
  assert.equal(shell('a', 'npx @wonderwhy-er/desktop-commander'), true)
  assert.equal(shell('a', 'uvx mcp-server-shell'), true)
  assert.equal(shell('a', 'npx -y @smithery/cli@1.0.0 run @x/Windows-Command-Line-MCP-Server'), true)
  assert.equal(shell('a', 'npx -y @smithery/cli@1.0.0 run @x/notes'), false)
  assert.equal(shell('seashells', 'npx x'), false)
})

test('an address keeps scheme and host only', () => {
  assert.deepEqual(addressOf('http://u:p@h.example:81/x?t=1'), { host: 'h.example:81', scheme: 'http', local: false })
  assert.equal(addressOf('http://127.0.0.1:3/')?.local, true)
  assert.equal(addressOf('https://${HOST}/x'), undefined)
  assert.equal(addressOf('no address'), undefined)
})
