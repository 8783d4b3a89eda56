// The house rules, executed: who may import whom, how long a file may be, which names hide what is inside.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

interface Rule {
  readonly module: string
  /** Doors and folders it may import, beside itself and packages. */
  readonly may: readonly string[]
  readonly because: string
}

/** First match wins. Type-only imports count. Packages are ruled by `package.json`, not here. */
const IMPORTS: readonly Rule[] = [
  { module: 'src/kernel/', may: [], because: 'the kernel stays pure' },
  {
    module: 'src/connectors/port.ts',
    may: ['#kernel'],
    because: 'an adapter sees only the kernel and the port, so the port can bring nothing else along',
  },
  {
    module: 'src/connectors/target-port.ts',
    may: ['#kernel'],
    because: 'an adapter sees only the kernel and the port, so the port can bring nothing else along',
  },
  {
    module: 'src/effect/',
    may: ['#kernel', '#db', '#db/history', '#evidence/port', '#connectors/target'],
    because: 'it carries out what it is handed, and knows neither identities nor rights nor what is thought of them',
  },
  {
    module: 'src/connectors/sync/',
    may: [
      '#kernel',
      '#db',
      '#db/history',
      '#connectors',
      '#connectors/port',
      '#identity',
      '#identity/roll',
      '#access',
      '#access/records',
      '#evidence/port',
    ],
    because: 'sync carries facts into the roll; governance judges later, by itself',
  },
  {
    module: 'src/connectors/schedule/',
    may: ['#kernel', '#db', '#db/history', '#connectors', '#connectors/port', '#evidence/port', '#sync'],
    because: 'a connection is configured and run; what a run does is told to it',
  },
  {
    module: 'src/connectors/',
    may: ['#kernel', '#connectors/port', '#connectors/target', 'src/connectors/'],
    because: 'adapters yield facts; they know neither identities nor rights nor findings',
  },
  {
    module: 'src/db/',
    may: ['#kernel'],
    because: 'the database layer carries what layers say and knows none of them',
  },
  {
    module: 'src/evidence/',
    may: ['#kernel', '#db', '#db/history'],
    because: 'the log must not depend on what it records',
  },
  {
    module: 'src/identity/',
    may: ['#kernel', '#db', '#db/history', '#evidence/port'],
    because: 'the record outlives every policy',
  },
  {
    module: 'src/access/',
    may: ['#kernel', '#db', '#db/history', '#evidence/port', '#identity', '#identity/roll'],
    because: 'access must not depend on how it is judged',
  },
  { module: 'src/client/', may: ['#kernel'], because: 'a client knows the API and nothing behind it' },
  { module: 'src/keys/', may: ['#kernel'], because: 'keys are handed out by main.ts; no layer reaches for them' },
  {
    module: 'src/http/',
    may: [
      '#kernel',
      '#identity',
      '#identity/roll',
      '#access',
      '#access/decisions',
      '#access/records',
      '#governance',
      '#connections',
      '#connectors/target',
      '#effect',
      '#sync',
      '#evidence',
      '#config',
      'package.json',
    ],
    because: 'a route calls the operation behind a door, which opens its own transaction; no SQL, no deep files',
  },
  {
    module: 'src/governance/',
    may: ['#kernel', '#identity', '#access'],
    because: 'governance judges records, whatever connector they came from',
  },
  {
    module: 'src/config-problems.ts',
    may: ['#kernel'],
    because: 'what is wrong with a file is said without knowing what it is for',
  },
  { module: 'src/config-server.ts', may: [], because: 'a section is read without knowing what it is for' },
  {
    module: 'src/config-routes.ts',
    may: ['#kernel', '#access/decisions', 'src/config-problems.ts'],
    because: 'what the routes mean is said where they are followed; here they are read',
  },
  {
    module: 'src/config.ts',
    may: [
      '#kernel',
      '#identity',
      '#access',
      '#governance',
      '#connectors',
      'src/config-problems.ts',
      'src/config-server.ts',
    ],
    because: 'the configuration is put together from what each door declares',
  },
  {
    module: 'sdk/',
    may: ['#kernel', '#access/decisions', '#access/point', '#http'],
    because: 'a decision point of its own decides by the same code as a server, and has no database',
  },
  {
    module: 'cli/',
    may: [
      '#kernel',
      '#identity',
      '#access',
      '#access/policy-testing',
      '#governance',
      '#connectors',
      '#config',
      '#config/routes',
      '#client',
      '#main',
      '#sdk',
      'package.json',
    ],
    because: 'commands use doors, never deep files; those that ask a server have the generated client and nothing else',
  },
]

/** Within `src/connectors/`, one adapter does not reach into another but by these agreed files. */
const ADAPTER_MACHINERY = /^src\/connectors\/(?:port|target-port|index|conformance|read|input|sync|schedule)(?:[./]|$)/

const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path !== '' && existsSync(path))
/** Declarations are generated; whoever wants another one changes what they are made from. */
const sources = tracked.filter((path) => /^(?:src|cli|sdk|test|bench|tools)\/.*(?<!\.d)\.tsx?$/.test(path))
const isTest = (path: string): boolean =>
  path.endsWith('.test.ts') || path.endsWith('-in-test.ts') || path.startsWith('test/')

const SPECIFIER =
  /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g

function importsOf(text: string): string[] {
  return [...text.matchAll(SPECIFIER)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

function targetOf(path: string, specifier: string): string {
  return specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier
}

function brokenImports(path: string, text: string): string[] {
  const rule = IMPORTS.find(({ module }) => path.startsWith(module))
  if (rule === undefined) return []
  return importsOf(text)
    .filter((specifier) => specifier.startsWith('.') || specifier.startsWith('#'))
    .filter((specifier) => {
      const target = targetOf(path, specifier)
      if (rule.module.endsWith('/') && target.startsWith(rule.module)) return false
      return !rule.may.some((allowed) => target === allowed || (allowed.endsWith('/') && target.startsWith(allowed)))
    })
    .map((specifier) => `${path} imports ${specifier}: ${rule.because}`)
}

test('every import keeps the import table', () => {
  const broken = sources
    .filter((source) => !isTest(source))
    .flatMap((path) => brokenImports(path, readFileSync(path, 'utf8')))
  assert.deepEqual(broken, [])
})

test('the import table refuses what it says it refuses', () => {
  const refused: readonly (readonly [path: string, text: string])[] = [
    ['src/kernel/a.ts', "import type { A } from '#identity'"],
    ['src/connectors/port.ts', "import { a } from './read/a.ts'"],
    ['src/connectors/aws/a.ts', "export * from '#identity'"],
    ['src/identity/a.ts', "import { a } from '../access/a.ts'"],
    ['src/access/a.ts', "const a = await import('#governance')"],
    ['src/governance/a.ts', "import {\n  a,\n} from '#connectors'"],
    ['cli/a.ts', "import { a } from '../src/access/a.ts'"],
  ]
  for (const [path, text] of refused) assert.equal(brokenImports(path, text).length, 1, `${path}: ${text}`)
  assert.deepEqual(brokenImports('src/governance/a.ts', "import { a } from '#access'\nimport b from './b.ts'"), [])
})

test('an adapter reaches into no other adapter and into no reader', () => {
  const folderOf = (path: string): string => path.split('/').slice(0, 3).join('/')
  const broken: string[] = []
  for (const path of sources.filter((source) => source.startsWith('src/connectors/') && !isTest(source))) {
    if (ADAPTER_MACHINERY.test(path) || path.split('/').length < 4) continue
    for (const specifier of importsOf(readFileSync(path, 'utf8'))) {
      const target = targetOf(path, specifier)
      if (!target.startsWith('src/connectors/') || target === 'src/connectors/port.ts') continue
      const sibling = target.split('/').length === 3 && !ADAPTER_MACHINERY.test(target)
      if (folderOf(target) !== folderOf(path) && !sibling) broken.push(`${path} imports ${specifier}`)
    }
  }
  assert.deepEqual(broken, [])
})

/** The kernel and governance, and of the other layers the half that scan and server share. */
const PURE = /^src\/(?:kernel\/|governance\/|identity\/[^/]*\.ts$|access\/[^/]*\.ts$|access\/(?:effective|policy)\/)/

test('a pure module touches no clock, no network, no file system and no process', () => {
  const pure = sources.filter(
    (path) => PURE.test(path) && !isTest(path) && !['src/kernel/instant.ts', 'src/kernel/id.ts'].includes(path),
  )
  const impure = /from 'node:(?!crypto'|assert|util')|\bDate\.now\(|\bnew Date\(\)|\bprocess\.|\bfetch\(|Math\.random\(/
  assert.deepEqual(
    pure.filter((path) => impure.test(readFileSync(path, 'utf8'))),
    [],
  )
})

test('no file is over 500 lines', () => {
  const long = sources.filter((path) => readFileSync(path, 'utf8').split('\n').length > 501)
  assert.deepEqual(long, [])
})

test('every source file opens with what it is for', () => {
  const silent = sources.filter(
    (path) => !isTest(path) && !/^(?:#!.*\n)?(?:\/\/|\/\*\*)/.test(readFileSync(path, 'utf8')),
  )
  assert.deepEqual(silent, [])
})

test('no name hides what is inside', () => {
  const hiding = tracked.filter((path) =>
    /(?:^|\/)(?:utils?|helpers?|common|shared|misc|manager|types)(?:\/|\.tsx?$)|\.service\.ts$|-dal\.ts$|-v2/.test(
      path,
    ),
  )
  assert.deepEqual(hiding, [])
})

test('nothing is left unfinished and no type check is switched off', () => {
  const marks = new RegExp(
    [
      ['TO', 'DO'].join(''),
      ['FIX', 'ME'].join(''),
      ['@ts', 'ignore'].join('-'),
      ['@ts', 'expect-error'].join('-'),
      ['@ts', 'nocheck'].join('-'),
    ].join('|'),
  )
  const found = sources.filter(
    (path) => /^(?:src|cli|sdk|bench|tools)\//.test(path) && !isTest(path) && unfinished(path, marks),
  )
  assert.deepEqual(found, [])
})

/** A scanner's own word lists name such marks as data; they are quoted there. */
function unfinished(path: string, marks: RegExp): boolean {
  return readFileSync(path, 'utf8')
    .split('\n')
    .some((line) => /^\s*(?:\/\/|\/?\*)/.test(line) && marks.test(line))
}

test('no path of a machine is written down', () => {
  const machine = new RegExp(
    [['/wo', 'rk/'].join(''), ['/ro', 'ot/'].join(''), ['/fa', 'rm/'].join('')]
      .map((path) => `(?:^|[\\s'"\`(=:])${path}`)
      .join('|'),
  )
  const text = tracked.filter(
    (path) => /\.(?:ts|js|json|md|yml|yaml|sh)$/.test(path) && !/^(?:samples|test\/(?:corpus|planted))\//.test(path),
  )
  assert.deepEqual(
    text.filter((path) => path !== 'package-lock.json' && machine.test(readFileSync(path, 'utf8'))),
    [],
  )
})

test('every door in package.json exists', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { imports: Record<string, string> }
  assert.deepEqual(
    Object.values(manifest.imports).filter((path) => !existsSync(path)),
    [],
  )
})
