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
  for (const rule of sudoers.rules) {
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
      for (const command of rule.commands.slice(0, 500)) {
        yield entitlementOf(rule, user, command, { host, sudoers, provenance })
        const secrets = secretsInCommand(command)
        yield* givenSecrets(secrets, 'sudo-command', hostUserRef(host, user), provenance, context)
      }
    }
  }
  for (const line of sudoers.problems) {
    const message = 'this line is no sudoers rule that can be read: check it with `visudo -c`'
    yield { type: 'problem', connector: 'automation', file: file.path, startLine: line, message }
  }
  for (const { path, line } of sudoers.includes) {
    yield {
      type: 'blind_spot',
      connector: 'automation',
      file: file.path,
      message: `line ${line} includes \`${path}\`: what of it is not below the scanned path was not read`,
    }
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
