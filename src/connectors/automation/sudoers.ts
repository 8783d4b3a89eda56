// sudoers as entitlements: who may run what as whom on which host, and whether a password is asked.
import { hostAction, hostResource } from '#kernel'
import type { EntitlementFact, Observation, Provenance } from '#kernel'
import { hostOf, hostUser, hostUserRef } from '../host-of.ts'
import type { HostOf } from '../host-of.ts'
import type { ReadContext, UntrustedFile } from '../port.ts'
import { secretsInCommand, withoutSecrets } from './command-line.ts'
import { givenSecrets } from './given-secrets.ts'
import { readSudoers } from './sudoers-file.ts'
import type { Sudoers, SudoRule } from './sudoers-file.ts'

/** Programs from which a shell, or the writing of any file, is one step away. */
const OPENS_SHELL =
  /(?:^|\/)(?:(?:ba|da|z|k|c|tc|fi)?sh|su|sudo|sudoedit|visudo|vi|vim|nvim|nano|emacs|ed|less|more|man|find|awk|gawk|sed|tee|cp|mv|dd|tar|rsync|env|perl|python[\d.]*|ruby|lua|node|php|gdb|strace|docker|podman|nsenter|chroot|unshare|systemd-run|chmod|chown|mount|usermod|useradd|passwd|crontab|git|apt|apt-get|dnf|yum|rpm|dpkg|pip[\d.]*|npm|make|ssh|scp|nmap|tcpdump|watch|xargs|screen|tmux)$/

export function* discoverSudoers(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const host = hostOf(file.path, context)
  const sudoers = readSudoers(file.text())
  const named = new Set<string>()
  const shortened: number[] = []
  let left = RIGHTS_MAX
  for (const rule of sudoers.rules) {
    const commands = commandsShown(rule, left)
    if (commands.length < rule.commands.length) shortened.push(rule.line)
    left -= commands.length * rule.users.length
    for (const user of rule.users) {
      const provenance: Provenance = {
        connector: 'automation',
        file: file.path,
        object: user,
        startLine: rule.line,
        endLine: rule.endLine,
      }
      if (!named.has(user)) yield subjectOf(host, user, provenance)
      named.add(user)
      for (const command of commands) {
        yield entitlementOf(rule, user, command, { host, sudoers, provenance })
        const secrets = secretsInCommand(command)
        yield* givenSecrets(secrets, 'sudo-command', hostUserRef(host, user), provenance, context)
      }
    }
  }
  yield* problems(sudoers, shortened, file)
  for (const { path, line } of sudoers.includes) {
    yield {
      type: 'blind_spot',
      connector: 'automation',
      file: file.path,
      message: `line ${line} includes \`${path}\`: what of it is not below the scanned path was not read`,
    }
  }
}

/** Rights that a file may stand for before its rules are shown by their first commands only. */
const RIGHTS_MAX = 200_000
const COMMANDS_MAX = 500
const COMMANDS_MIN = 10

/** Never none: a long file hides no later rule. `ALL` says more than any other command, so it always stays. */
function commandsShown({ users, commands }: SudoRule, left: number): readonly string[] {
  const most = Math.max(COMMANDS_MIN, Math.min(COMMANDS_MAX, Math.floor(left / Math.max(1, users.length))))
  if (commands.length <= most) return commands
  const first = commands.slice(0, most)
  return commands.includes('ALL') && !first.includes('ALL') ? ['ALL', ...first.slice(1)] : first
}

/** One for each line that is no rule, and one for each bound of the reading, at the first line that met it. */
function* problems(sudoers: Sudoers, shortened: readonly number[], file: UntrustedFile): Generator<Observation> {
  const problem = (startLine: number, message: string): Observation => ({
    type: 'problem',
    connector: 'automation',
    file: file.path,
    startLine,
    message,
  })
  for (const line of sudoers.problems)
    yield problem(line, 'this line is no sudoers rule that can be read: check it with `visudo -c`')
  const bounds: readonly (readonly [readonly number[], string])[] = [
    [sudoers.cut, 'is longer than 64 KiB, and its end was not read: split it'],
    [
      sudoers.unexpanded,
      'uses aliases that stand for too much, and was read with their names in place of what they stand for',
    ],
    [shortened, 'names more commands than are shown: the first were read'],
  ]
  for (const [[first, ...others], what] of bounds) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more lines)`
    if (first !== undefined) yield problem(first, `this line${more} ${what}`)
  }
}

/** `%group`, `+netgroup` and `ALL` are sets of accounts. */
function subjectOf(host: HostOf, user: string, provenance: Provenance): Observation {
  const principal = hostUser(host, user, provenance)
  const isSet = user === 'ALL' || user.startsWith('%') || user.startsWith('+')
  return isSet ? { ...principal, kind: 'group', nativeType: 'host-group' } : principal
}

function entitlementOf(
  rule: SudoRule,
  user: string,
  command: string,
  { host, sudoers, provenance }: { host: HostOf; sudoers: Sudoers; provenance: Provenance },
): EntitlementFact {
  const free = sudoers.unauthenticated.includes('ALL') || sudoers.unauthenticated.includes(user)
  const password = rule.password && !free
  const asRoot = rule.runas.some((name) => name === 'root' || name === 'ALL' || name === '#0')
  const program = command.split(/\s/)[0] ?? command
  const anything = command === 'ALL'
  const shell = OPENS_SHELL.test(program) || /[*?]/.test(program)
  const admin = asRoot && (anything || shell)
  // SECURITY: a rule may pin arguments, and an argument may be a secret
  const shown = withoutSecrets(command).slice(0, 200)
  return {
    type: 'entitlement',
    principal: hostUserRef(host, user),
    system: 'host',
    permission: `(${rule.runas.join(',')}) ${password ? '' : 'NOPASSWD: '}${shown}`,
    actions: [hostAction('sudo')],
    resources: rule.hosts.map((name) => hostResource(hostName(name, host), anything ? '*' : shown)),
    level: admin ? 'admin' : 'write',
    reason: admin
      ? anything
        ? `may run any command as ${rule.runas.includes('ALL') ? 'any account' : 'root'} by sudo`
        : `may run \`${program}\` as root by sudo, from which a shell or any file is one step away`
      : `may run \`${program}\` by sudo`,
    conditions: {
      tool: 'sudo',
      password,
      runas: rule.runas,
      command: shown,
      ...(rule.except.length === 0 ? {} : { except: rule.except.map((item) => withoutSecrets(item).slice(0, 200)) }),
    },
    provenance,
  }
}

const hostName = (name: string, host: HostOf): string => (name === 'ALL' ? host.host || '*' : name)
