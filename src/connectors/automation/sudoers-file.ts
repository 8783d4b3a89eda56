// The sudoers grammar (sudoers(5)) as far as rights go: aliases, Defaults, rules with run-as, tags and commands. Pure.

export interface SudoRule {
  readonly users: readonly string[]
  readonly hosts: readonly string[]
  readonly runas: readonly string[]
  readonly runasGroups: readonly string[]
  /** False when NOPASSWD holds for it. */
  readonly password: boolean
  readonly commands: readonly string[]
  /** Commands taken away by `!`. */
  readonly except: readonly string[]
  readonly line: number
  readonly endLine: number
}

export interface Sudoers {
  readonly rules: readonly SudoRule[]
  /** Settings that say for whom no password is asked: user names, or `ALL`. */
  readonly unauthenticated: readonly string[]
  readonly includes: readonly { readonly path: string; readonly line: number }[]
  readonly problems: readonly number[]
  /** Rules that were read as written because the aliases of the file stand for too much. */
  readonly unexpanded: readonly number[]
  /** Lines whose end was not read because they are far longer than any that people write. */
  readonly cut: readonly number[]
}

interface Row {
  readonly text: string
  readonly line: number
  readonly endLine: number
  /** Its end was not read. */
  readonly cut: boolean
}

const ROW_LENGTH_MAX = 65_536
/** What the aliases of one rule may stand for, and those of all rules together; a name as written costs nothing. */
const RULE_STEPS_MAX = 10_000
const FILE_STEPS_MAX = 100_000
type AliasKind = 'User' | 'Runas' | 'Host' | 'Cmnd'
interface Aliases {
  readonly named: ReadonlyMap<string, readonly string[]>
  /** Steps that aliases may still take in this file: aliases of aliases grow without bound. */
  stepsLeft: number
  ruleStepsLeft: number
  /** Set once an alias was left as it is written. */
  stopped: boolean
}

export function readSudoers(text: string): Sudoers {
  const rows = rowsOf(text)
  const aliases = readAliases(rows)
  const rules: SudoRule[] = []
  const unauthenticated: string[] = []
  const includes: { path: string; line: number }[] = []
  const problems: number[] = []
  const unexpanded: number[] = []
  for (const row of rows) {
    aliases.ruleStepsLeft = RULE_STEPS_MAX
    aliases.stopped = false
    const include = /^[#@]include(?:dir)?[ \t]+(\S+)/.exec(row.text)?.[1]
    const [, scope, users = '', settings = ''] = /^Defaults(?:([:@>!])\s*(\S+))?\s+([^]*)$/.exec(row.text) ?? []
    if (include !== undefined) includes.push({ path: include.replaceAll('"', ''), line: row.line })
    else if (row.text.startsWith('Defaults')) {
      const free = /(?:^|,)\s*!\s*authenticate\s*(?:,|$)/.test(settings)
      if (free && (scope === undefined || scope === ':'))
        unauthenticated.push(...(scope === undefined ? ['ALL'] : expand(listOf(users), 'User', aliases).items))
    } else if (!/^(?:User|Runas|Host|Cmnd|Cmd)_Alias\s/.test(row.text)) {
      const read = readRule(row, aliases)
      if (read === undefined || read.some(({ commands }) => !commands.every(isCommand))) problems.push(row.line)
      else rules.push(...read)
    }
    if (aliases.stopped) unexpanded.push(row.line)
  }
  const cut = rows.flatMap((row) => (row.cut ? row.line : []))
  return { rules, unauthenticated, includes, problems, unexpanded, cut }
}

/** Continued lines joined, comments dropped; `#1001` is a user id and `#include` is no comment. */
function rowsOf(text: string): Row[] {
  const rows: Row[] = []
  let started: { text: string; line: number } | undefined
  let line = 0
  for (const raw of text.split('\n')) {
    line += 1
    const joined = started === undefined ? raw.trim() : `${started.text} ${raw.trim()}`
    const from = started?.line ?? line
    started = undefined
    if (joined.endsWith('\\') && joined.length < ROW_LENGTH_MAX) {
      started = { text: joined.slice(0, -1), line: from }
      continue
    }
    const bare = joined
      .slice(0, ROW_LENGTH_MAX)
      .replace(/(^|\s)#(?!include|\d)[^]*$/, '')
      .trim()
    if (bare !== '') rows.push({ text: bare, line: from, endLine: line, cut: joined.length > ROW_LENGTH_MAX })
  }
  return rows
}

function readAliases(rows: readonly Row[]): Aliases {
  const aliases = new Map<string, readonly string[]>()
  for (const { text } of rows) {
    const [, word, rest = ''] = /^(User|Runas|Host|Cmnd|Cmd)_Alias\s+([^]*)$/.exec(text) ?? []
    if (word === undefined) continue
    for (const definition of rest.split(/\s:\s/)) {
      const equals = definition.indexOf('=')
      const name = definition.slice(0, equals).trim()
      if (equals > 0) aliases.set(`${word === 'Cmd' ? 'Cmnd' : word} ${name}`, listOf(definition.slice(equals + 1)))
    }
  }
  return { named: aliases, stepsLeft: FILE_STEPS_MAX, ruleStepsLeft: RULE_STEPS_MAX, stopped: false }
}

/** Splits at commas that are neither escaped nor in parentheses or quotes. */
function listOf(text: string): string[] {
  const items: string[] = []
  let start = 0
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\') at += 1
    else if (character === '"') quoted = !quoted
    else if (character === '(') depth += 1
    else if (character === ')') depth -= 1
    else if (character === ',' && depth <= 0 && !quoted) {
      items.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  return [...items, text.slice(start).trim()].filter((item) => item !== '')
}

/** Aliases replaced by what they stand for; an odd number of `!` takes away. */
function expand(
  items: readonly string[],
  kind: AliasKind,
  aliases: Aliases,
  seen: ReadonlySet<string> = new Set(),
): { items: string[]; except: string[] } {
  const result: { items: string[]; except: string[] } = { items: [], except: [] }
  for (const raw of items) {
    const bangs = /^(?:!\s*)*/.exec(raw)?.[0] ?? ''
    const negated = bangs.replaceAll(/[^!]/g, '').length % 2 === 1
    const name = raw.slice(bangs.length).replaceAll('"', '')
    const alias = seen.has(name) ? undefined : withinBounds(aliases, aliases.named.get(`${kind} ${name}`))
    const inner =
      alias === undefined ? { items: [name], except: [] } : expand(alias, kind, aliases, new Set([...seen, name]))
    result.items.push(...(negated ? inner.except : inner.items))
    result.except.push(...(negated ? inner.items : inner.except))
  }
  return result
}

/** An alias that would go over a bound stays a name: the rule is read, and later rules are. */
function withinBounds(aliases: Aliases, alias: readonly string[] | undefined): readonly string[] | undefined {
  if (alias === undefined) return undefined
  const steps = alias.length + 1
  if (steps > aliases.stepsLeft || steps > aliases.ruleStepsLeft) {
    aliases.stopped = true
    return undefined
  }
  aliases.stepsLeft -= steps
  aliases.ruleStepsLeft -= steps
  return alias
}

/** A full path, `ALL`, a digest and a path, or an alias of another file; anything else is no rule of sudo. */
const isCommand = (command: string): boolean =>
  /^(?:\/|\^\/|sudoedit\b|list$|sha(?:224|256|384|512)\s*:|[A-Z][A-Z0-9_]*$)/.test(command)

/** `USERS HOSTS = SPECS [ : HOSTS = SPECS ]…`; `undefined` when the line is no rule. */
function readRule(row: Row, aliases: Aliases): SudoRule[] | undefined {
  const tight = row.text.replaceAll(/\s*,\s*/g, ',')
  const [, userPart, rest] = /^("[^"]*"|(?:\\.|[^\s\\])+)\s+([^]*)$/.exec(tight) ?? []
  if (userPart === undefined || rest === undefined || !rest.includes('=')) return undefined
  const users = expand(listOf(userPart), 'User', aliases).items
  return rest.split(/\s:\s/).flatMap((part) => {
    const equals = part.indexOf('=')
    if (equals < 1) return []
    const hosts = expand(listOf(part.slice(0, equals)), 'Host', aliases).items
    const where = { users, hosts, line: row.line, endLine: row.endLine }
    return readSpecs(part.slice(equals + 1), aliases).map((spec) => Object.assign({}, spec, where))
  })
}

type Spec = Omit<SudoRule, 'users' | 'hosts' | 'line' | 'endLine'>

const TAG = /^(NO)?(PASSWD|EXEC|SETENV|LOG_INPUT|LOG_OUTPUT|MAIL|FOLLOW|INTERCEPT)\s*:\s*/
const OPTION = /^(?:ROLE|TYPE|PRIVS|LIMITPRIVS|TIMEOUT|CWD|CHROOT|NOTBEFORE|NOTAFTER|APPARMOR_PROFILE)=\S+\s*/

/** Run-as and tags hold until another one is named; commands of equal terms stand together. */
function readSpecs(text: string, aliases: Aliases): Spec[] {
  const specs: Spec[] = []
  let runas: { users: readonly string[]; groups: readonly string[] } = { users: ['root'], groups: [] }
  let password = true
  for (const item of listOf(text)) {
    let rest = item
    const [whole, inside] = /^\(([^)]*)\)\s*/.exec(rest) ?? []
    if (whole !== undefined && inside !== undefined) {
      const [users = '', groups = ''] = inside.split(':')
      const named = expand(listOf(users), 'Runas', aliases).items
      runas = {
        users: named.length === 0 ? ['the caller'] : named,
        groups: expand(listOf(groups), 'Runas', aliases).items,
      }
      rest = rest.slice(whole.length)
    }
    for (let more = true; more;) {
      const tag = TAG.exec(rest)
      if (tag?.[2] === 'PASSWD') password = tag[1] !== 'NO'
      const skip = (tag ?? OPTION.exec(rest))?.[0].length ?? 0
      rest = rest.slice(skip)
      more = skip > 0
    }
    const { items, except } = expand([rest.trim()], 'Cmnd', aliases)
    const last = specs.at(-1)
    const same = last?.password === password && last.runas === runas.users
    if (same) specs[specs.length - 1] = merge(last, items, except)
    else specs.push({ runas: runas.users, runasGroups: runas.groups, password, commands: items, except })
  }
  return specs
}

const merge = (spec: Spec, commands: readonly string[], except: readonly string[]): Spec => ({
  ...spec,
  commands: [...spec.commands, ...commands],
  except: [...spec.except, ...except],
})
