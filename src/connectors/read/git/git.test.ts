import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fault } from '#kernel'
import type { OwnershipFact } from '#kernel'
import { echo, offered, principalsOf, readHere, said, withTree, writeTree } from '../tree-in-test.ts'
import type { Tree } from '../tree-in-test.ts'
import { slugOf } from './repository.ts'
import { gitProgram } from './run-git.ts'

const withGit = gitProgram() === undefined ? { skip: 'there is no git on the PATH' } : {}

let clock = 1_700_000_000

/** Runs git as a test's user would, apart from this machine's configuration. Each call is a minute later. */
function git(folder: string, ...args: string[]): string {
  clock += 60
  const date = `${clock} +0000`
  return execFileSync('git', ['-c', 'init.defaultBranch=main', '-c', 'commit.gpgsign=false', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Pia',
      GIT_AUTHOR_EMAIL: process.env['TEST_AUTHOR'] ?? 'Pia@larkfield.example',
      GIT_COMMITTER_NAME: 'Pia',
      GIT_COMMITTER_EMAIL: 'pia@larkfield.example',
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
    },
  }).trim()
}

function commit(folder: string, tree: Tree, message = 'change'): string {
  writeTree(folder, tree)
  git(folder, 'add', '-A')
  git(folder, 'commit', '-q', '-m', message)
  return git(folder, 'rev-parse', 'HEAD')
}

async function withRepository(tree: Tree, use: (folder: string, first: string) => Promise<void> | void): Promise<void> {
  await withTree({}, async (folder) => {
    git(folder, 'init', '-q')
    await use(folder, commit(folder, tree))
  })
}

/** `PATH TEXT` of what came out of the history. */
const remembered = (read: Awaited<ReturnType<typeof readHere>>): string[] =>
  principalsOf(read)
    .filter(({ nativeType }) => nativeType === 'history')
    .map(({ externalId, name }) => `${externalId} ${name}`)

test('what was deleted or changed is read from the history, with the commit that brought it', withGit, () =>
  withRepository({ 'a.env': 'KEY=1', 'b.txt': 'stays' }, async (folder, first) => {
    const second = commit(folder, { 'a.env': 'KEY=2' })
    rmSync(join(folder, 'a.env'))
    commit(folder, {})
    const read = await readHere(folder)
    assert.deepEqual(remembered(read), ['a.env KEY=1', 'a.env KEY=2'])
    assert.deepEqual(
      principalsOf(read)
        .filter(({ nativeType }) => nativeType === 'history')
        .map(({ provenance }) => provenance.commit),
      [first, second],
    )
    assert.equal(read.stats.commits, 3)
    assert.deepEqual(said(read), [])
    assert.deepEqual(remembered(await readHere(folder, { history: false })), [])
  }),
)

test('every ref counts: other branches, tags, the stash; and what only a merge has', withGit, () =>
  withRepository({ 'a.txt': '1' }, async (folder) => {
    git(folder, 'checkout', '-q', '-b', 'side')
    commit(folder, { 'side.txt': 'side' })
    git(folder, 'checkout', '-q', '-b', 'gone')
    commit(folder, { 'tagged.txt': 'tagged' })
    git(folder, 'tag', 'v1')
    git(folder, 'checkout', '-q', 'main')
    git(folder, 'branch', '-q', '-D', 'gone')
    commit(folder, { 'a.txt': '2' })
    git(folder, 'merge', '-q', '--no-commit', 'side')
    commit(folder, { 'merged.txt': 'evil' }, 'merge')
    rmSync(join(folder, 'merged.txt'))
    commit(folder, {})
    writeFileSync(join(folder, 'a.txt'), 'stashed')
    git(folder, 'stash', '-q')
    assert.deepEqual(remembered(await readHere(folder)), [
      'a.txt 1',
      'a.txt stashed',
      'merged.txt evil',
      'tagged.txt tagged',
    ])
  }),
)

test('what stands unchanged in the working tree is not read twice, even where times differ', withGit, () =>
  withRepository({ 'a.txt': 'same', 'b.txt': 'old' }, async (folder) => {
    utimesSync(join(folder, 'a.txt'), 1, 1)
    writeFileSync(join(folder, 'b.txt'), 'new')
    assert.deepEqual(remembered(await readHere(folder)), ['b.txt old'])
  }),
)

test('one content under many names and commits is read once, under its first', withGit, () =>
  withRepository({ 'x.txt': 'secret' }, async (folder, first) => {
    commit(folder, { 'y.txt': 'secret' })
    rmSync(join(folder, 'x.txt'))
    rmSync(join(folder, 'y.txt'))
    commit(folder, {})
    const read = await readHere(folder)
    assert.deepEqual(remembered(read), ['x.txt secret'])
    assert.equal(principalsOf(read).at(-1)?.provenance.commit, first)
  }),
)

test('only connectors that read history are offered it', withGit, () =>
  withRepository({ 'a.txt': '1' }, async (folder) => {
    commit(folder, { 'a.txt': '2' })
    const { readsHistory, ...present } = echo
    assert.equal(readsHistory, true)
    assert.deepEqual(remembered(await readHere(folder, { connectors: [present] })), [])
  }),
)

test('repositories below the scanned path, and bare ones, are found', withGit, () =>
  withTree({}, async (folder) => {
    for (const name of ['one', 'two']) {
      mkdirSync(join(folder, name))
      git(join(folder, name), 'init', '-q')
      commit(join(folder, name), { 'f.txt': `${name} old` })
      commit(join(folder, name), { 'f.txt': `${name} new` })
    }
    git(folder, 'clone', '-q', '--bare', 'one', 'kept.git')
    const read = await readHere(folder)
    assert.deepEqual(remembered(read), [
      'kept.git/f.txt one old',
      'kept.git/f.txt one new',
      'one/f.txt one old',
      'two/f.txt two old',
    ])
    assert.deepEqual(said(read), [])
  }),
)

test('the name of the repository comes from its origin, without credentials', () => {
  const config = (url: string): string => `[core]\n\tbare = false\n[remote "origin"]\n\turl = ${url}\n\tfetch = +x\n`
  assert.equal(slugOf(config('https://pia:ghp_CANARY@github.com/larkfield/payments-api.git')), 'larkfield/payments-api')
  assert.equal(slugOf(config('git@github.com:larkfield/payments-api.git')), 'larkfield/payments-api')
  assert.equal(slugOf(config('ssh://git@host:2222/group/sub/name')), 'group/sub/name')
  assert.equal(slugOf(config('../elsewhere.git')), undefined)
  assert.equal(slugOf(config('/srv/git/a/b.git')), undefined)
  assert.equal(slugOf(config('file:///srv/git/a/b.git')), undefined)
  assert.equal(slugOf(config('https://host/only')), undefined)
  assert.equal(slugOf(config('https://host/a/b c')), undefined)
  assert.equal(slugOf('[remote "upstream"]\nurl = https://github.com/a/b\n'), 'a/b')
})

test('files know their repository and their path in it, also when only a part is scanned', withGit, () =>
  withRepository({ 'k8s/a.yaml': 'a: 1' }, async (folder) => {
    git(folder, 'remote', 'add', 'origin', 'https://x:y@github.com/larkfield/infra.git')
    for (const [root, path] of [
      [folder, 'k8s/a.yaml'],
      [join(folder, 'k8s'), 'a.yaml'],
      [join(folder, 'k8s/a.yaml'), 'a.yaml'],
    ] as const) {
      const read = await readHere(root)
      const principal = principalsOf(read).find(({ externalId }) => externalId === path)
      assert.equal(principal?.attributes?.['repository'], 'larkfield/infra')
      assert.equal(principal?.attributes?.['repositoryPath'], 'k8s/a.yaml')
    }
    assert.match((await readHere(join(folder, 'k8s'))).blindSpots.map(({ message }) => message).join(), /scan its top/)
    // the configuration of a repository may hold credentials, so it is a file like others
    assert.ok(offered(await readHere(folder)).includes('.git/config'))
  }),
)

test('authors of the last and of the first change own the files that hold principals', withGit, () =>
  withRepository({ 'sub/a [1].yaml': '1', 'bot.yaml': '1' }, async (folder) => {
    process.env['TEST_AUTHOR'] = 'jo@larkfield.example'
    commit(folder, { 'sub/a [1].yaml': '2' })
    process.env['TEST_AUTHOR'] = 'renovate[bot]@users.noreply.example'
    const last = commit(folder, { 'bot.yaml': '2' })
    delete process.env['TEST_AUTHOR']
    const { facts } = await readHere(folder)
    const owners = facts.filter((fact): fact is OwnershipFact => fact.type === 'ownership')
    assert.deepEqual(
      owners.map(({ of, owners: who, how, provenance }) => [of, who, how, provenance.file]),
      [
        [{ files: '/bot.yaml', root: '' }, ['pia@larkfield.example'], 'commit_author', 'bot.yaml'],
        [
          { files: '/sub/a\\ \\[1\\].yaml', root: '' },
          ['jo@larkfield.example', 'pia@larkfield.example'],
          'commit_author',
          'sub/a [1].yaml',
        ],
      ],
    )
    assert.equal(owners[0]?.provenance.commit, last)
  }),
)

const objectFile = (folder: string, id: string): string => join(folder, '.git/objects', id.slice(0, 2), id.slice(2))

test('missing and damaged objects are one problem with their number; the rest is read', withGit, () =>
  withRepository({ 'a.txt': 'a1', 'b.txt': 'b1', 'c.txt': 'c1' }, async (folder) => {
    commit(folder, { 'a.txt': 'a2', 'b.txt': 'b2', 'c.txt': 'c2' })
    const [a, b] = ['a.txt', 'b.txt'].map((path) => git(folder, 'rev-parse', `HEAD~1:${path}`))
    rmSync(objectFile(folder, a ?? ''))
    rmSync(objectFile(folder, b ?? ''))
    writeFileSync(objectFile(folder, b ?? ''), 'this is not an object')
    const read = await readHere(folder)
    assert.deepEqual(remembered(read), ['c.txt c1'])
    assert.deepEqual(said(read), [
      '.git: 2 objects are missing or damaged in the repository; the others were read; run `git fsck` and fetch again',
    ])
  }),
)

test('a history that breaks off is one problem; what is stored is read without its commits', withGit, () =>
  withRepository({ 'a.txt': 'a1' }, async (folder) => {
    const second = commit(folder, { 'a.txt': 'a2' })
    commit(folder, { 'a.txt': 'a3' })
    rmSync(objectFile(folder, second))
    const read = await readHere(folder)
    const texts = principalsOf(read)
      .filter(({ nativeType }) => nativeType === 'history')
      .map(({ name }) => name)
    assert.deepEqual(texts.sort(), ['a1', 'a2'])
    assert.match(said(read).join('\n'), /^\.git: the history of the repository breaks off[^\n]*$/)
  }),
)

test('a repository that is no repository is no error', () =>
  withTree(
    { '.git/HEAD': 'garbage', '.git/config': '[core', 'x/.git': 'gitdir: /nowhere\n', 'a.txt': '1' },
    async (folder) => {
      assert.ok(offered(await readHere(folder)).includes('a.txt'))
    },
  ))

test('a repository outside of the scanned path is not read through a `.git` file', withGit, () =>
  withRepository({ 'a.txt': 'secret' }, async (outside) => {
    commit(outside, { 'a.txt': 'now' })
    await withTree({ '.git': `gitdir: ${join(outside, '.git')}\n`, 'b.txt': '1' }, async (folder) => {
      const read = await readHere(folder)
      assert.deepEqual(offered(read), ['b.txt'])
      assert.match(read.blindSpots.map(({ message }) => message).join(), /outside of the scanned path/)
    })
  }),
)

test('nothing that a repository names is run, whatever is read of it', withGit, () =>
  withRepository(
    { 'a.txt': 'one', 'b.bin': 'two', '.gitattributes': '* filter=evil diff=evil\n' },
    async (folder, first) => {
      commit(folder, { 'a.txt': 'three' })
      const marker = join(folder, '..', `ran-${process.pid}`)
      const program = join(folder, 'evil.sh')
      writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> ${marker}\ncat\n`, { mode: 0o755 })
      const evil = program
      const settings = {
        'core.fsmonitor': evil,
        'core.hooksPath': folder,
        'core.pager': evil,
        'core.sshCommand': evil,
        'core.askPass': evil,
        'core.gitProxy': evil,
        'core.editor': evil,
        'core.alternateRefsCommand': evil,
        'diff.external': evil,
        'diff.evil.textconv': evil,
        'diff.evil.command': evil,
        'filter.evil.clean': evil,
        'filter.evil.smudge': evil,
        'filter.evil.process': evil,
        'filter.evil.required': 'true',
        'gpg.program': evil,
        'log.showSignature': 'true',
        'log.showRoot': 'false',
        'pager.log': evil,
        'pager.diff': evil,
        'credential.helper': evil,
        'remote.origin.url': `ext::${evil}`,
        'remote.origin.promisor': 'true',
        'remote.origin.uploadpack': evil,
        'extensions.partialClone': 'origin',
        'core.repositoryFormatVersion': '1',
        'protocol.ext.allow': 'always',
        'alias.log': `!${evil}`,
        'alias.cat-file': `!${evil}`,
        'core.worktree': '/',
      }
      for (const [name, value] of Object.entries(settings)) {
        execFileSync('git', ['config', '--file', join(folder, '.git/config'), name, value])
      }
      for (const hook of ['post-index-change', 'fsmonitor-watchman', 'reference-transaction'])
        writeFileSync(join(folder, '.git/hooks', hook), `#!/bin/sh\necho hook >> ${marker}\n`, { mode: 0o755 })
      rmSync(objectFile(folder, blobOf(folder, first, 'b.bin')))
      writeFileSync(join(folder, 'a.txt'), 'changed since')
      try {
        const read = await readHere(folder)
        assert.ok(remembered(read).includes('a.txt one'))
        await readHere(folder, { staged: true })
        await readHere(folder, { since: first })
        assert.ok(!existsSync(marker), 'a program that the repository names was run')
      } finally {
        rmSync(marker, { force: true })
      }
    },
  ),
)

/** Without the user's git, which may itself run what the repository names. */
function blobOf(folder: string, revision: string, path: string): string {
  const env = { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', HOME: '/' }
  const args = ['--git-dir', join(folder, '.git'), '-c', 'core.fsmonitor=false', 'rev-parse', `${revision}:${path}`]
  return execFileSync('git', args, { encoding: 'utf8', env }).trim()
}

test('staged: the content of the index, not of the working tree, and only what differs from HEAD', withGit, () =>
  withRepository({ 'a.txt': '1', 'b.txt': '1', 'sub/c.txt': '1' }, async (folder) => {
    writeTree(folder, { 'a.txt': 'staged', 'sub/c.txt': 'staged c', 'new.txt': 'new' })
    git(folder, 'add', 'a.txt', 'sub/c.txt', 'new.txt')
    git(folder, 'rm', '-q', 'b.txt')
    writeTree(folder, { 'a.txt': 'later', 'untracked.txt': 'x' })
    const read = await readHere(folder, { staged: true })
    assert.deepEqual(
      principalsOf(read).map(({ externalId, name, nativeType }) => `${externalId} ${name} ${nativeType}`),
      ['a.txt staged index', 'new.txt new index', 'sub/c.txt staged c index'],
    )
    assert.deepEqual(offered(await readHere(join(folder, 'sub'), { staged: true })), ['c.txt'])
  }),
)

test('staged works before the first commit', withGit, () =>
  withTree({ 'a.txt': 'x' }, async (folder) => {
    git(folder, 'init', '-q')
    git(folder, 'add', 'a.txt')
    assert.deepEqual(offered(await readHere(folder, { staged: true })), ['a.txt'])
  }),
)

test('since: what HEAD, the index and the working tree have beyond a revision, with the history between', withGit, () =>
  withRepository({ 'a.txt': '1', 'b.txt': '1', 'c.txt': '1', '.gitignore': 'ignored.txt\n' }, async (folder, first) => {
    git(folder, 'tag', 'v1')
    commit(folder, { 'b.txt': 'passing secret' })
    commit(folder, { 'b.txt': '3' })
    writeTree(folder, { 'new.txt': 'n', 'ignored.txt': 'i', 'c.txt': 'work' })
    for (const revision of [first, 'v1', 'HEAD~2', 'main~2']) {
      const read = await readHere(folder, { since: revision })
      assert.deepEqual(offered(read), ['b.txt', 'c.txt', 'new.txt', 'b.txt'])
      assert.deepEqual(remembered(read), ['b.txt passing secret'])
    }
  }),
)

test('a revision that is an option, a range, or unknown is refused', withGit, () =>
  withRepository({ 'a.txt': '1' }, async (folder) => {
    for (const revision of ['--output=x', '-x', 'nope', 'main..main', 'a b', '', '$(id)', ':/x', 'main\0x']) {
      await assert.rejects(readHere(folder, { since: revision }), (error) => error instanceof Fault, revision)
    }
    await withTree({}, async (plain) => {
      await assert.rejects(readHere(plain, { staged: true }), /need a git repository/)
    })
  }),
)

test('reading a repository changes nothing in it', withGit, () =>
  withRepository({ 'a.txt': '1' }, async (folder) => {
    commit(folder, { 'a.txt': '2' })
    utimesSync(join(folder, 'a.txt'), 5, 5)
    const state = (): string =>
      readdirSync(join(folder, '.git'), { recursive: true })
        .map((name) => `${String(name)} ${statSync(join(folder, '.git', String(name))).mtimeMs}`)
        .sort()
        .join('\n')
    const before = state()
    await readHere(folder)
    await readHere(folder, { since: 'HEAD~1' })
    assert.equal(state(), before)
  }),
)

test('a copy of a repository gives the same as the repository', withGit, () =>
  withRepository({ 'a.txt': '1', 'b.txt': 'x' }, async (folder) => {
    commit(folder, { 'a.txt': '2' })
    await withTree({}, async (other) => {
      cpSync(folder, other, { recursive: true })
      assert.deepEqual(offered(await readHere(other)), offered(await readHere(folder)))
      renameSync(join(other, '.git'), join(other, 'kept'))
      assert.deepEqual(remembered(await readHere(other)), ['kept/a.txt 1', 'kept/a.txt 2', 'kept/b.txt x'])
    })
  }),
)
