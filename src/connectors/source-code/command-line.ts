// Commands that carry a password: `curl -u user:password`, `sshpass -p`, `mysql -p…`, `echo user:password | chpasswd`.
import { BAR, RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import { isIdentifier } from './assigned/refusals.ts'
import { placeholderKind } from './assigned/placeholder.ts'
import { shapeOf } from './assigned/value-shape.ts'
import { lineEnd, lineStart } from './source-text.ts'
import type { SourceText } from './source-text.ts'

/** How far after the command's name its flag is looked for. */
const REACH = 240

const flag = (source: string): RegExp => new RegExp(`${source}["']?([^\\s"'\`<>|;&\\\\]{3,200})`, 'd')
const USER_AND_PASSWORD =
  /[\s"'[,(](?:-u|--user|--proxy-user|-U|--auth|--creds|-a)(?:["']?,\s{0,4}|[\s=]{1,4}|(?=["']))["']?[^\s:"'`$<>{}\\]{1,80}:([^\s"'`<>\\]{3,200})/d

/** By the command's name, as an anchor finds it. */
export const COMMANDS: Readonly<Record<string, RegExp>> = {
  sshpass: flag('\\s-p\\s?'),
  'curl ': USER_AND_PASSWORD,
  'curl"': USER_AND_PASSWORD,
  "curl'": USER_AND_PASSWORD,
  'wget ': flag('\\s--(?:http-|ftp-|proxy-)?password[=\\s]'),
  'mysql ': flag('\\s-p(?=[^\\s-])'),
  'mysqldump ': flag('\\s-p(?=[^\\s-])'),
  'mysqladmin ': flag('\\s-p(?=[^\\s-])'),
  'mysqladmin -u': flag('\\spassword\\s'),
  'mysqlimport ': flag('\\s-p(?=[^\\s-])'),
  'redis-cli': flag('\\s-a\\s'),
  'docker login': flag('\\s-p[\\s=]'),
  'podman login': flag('\\s-p[\\s=]'),
  'registry login': flag('\\s-p[\\s=]'),
  'az login': flag('\\s-p[\\s=]'),
  'oc login': flag('\\s-p[\\s=]'),
  ldapsearch: flag('\\s-w\\s'),
  ldapadd: flag('\\s-w\\s'),
  ldapmodify: flag('\\s-w\\s'),
  ldapdelete: flag('\\s-w\\s'),
  mongodump: flag('\\s-p\\s'),
  mongorestore: flag('\\s-p\\s'),
  'mongo ': flag('\\s-p\\s'),
  mongosh: flag('\\s-p\\s'),
  sqlcmd: flag('\\s-P\\s?'),
  'unzip ': flag('\\s-P\\s'),
  '7z ': flag('\\s-p(?=[^\\s-])'),
  'convertto-securestring ': /^ConvertTo-SecureString(?:\s{1,4}-\w{1,20}){0,3}\s{1,4}["']([^"'$]{3,200})["']/di,
  psexec: flag('\\s-p\\s'),
  'pass:': flag('(?<=-pass(?:in|out)?\\s{1,4}["\']?)pass:'),
  'htpasswd -': flag('^htpasswd -\\w{0,4}b\\w{0,4}\\s+\\S{1,80}\\s+\\S{1,40}\\s+'),
  'openssl ': flag('\\s-k\\s'),
  'openssl passwd': /^openssl passwd(?:\s-(?!salt)[\w-]{1,10}){0,4}\s(?!-)["']?([^\s"'`<>|;&\\$)]{4,100})/d,
  'net use ':
    /\s\/user:\S{1,80}\s{1,4}(?!\/)([^\s"'*]{3,100})|\\\\\S{1,100}\s{1,4}(?!\/)([^\s"'*]{3,100})\s{1,4}\/user:/di,
  'net user ': /^net user\s{1,4}[^\s/]{1,60}\s{1,4}(?=\S{0,60}[\d!@#$%])([^\s/*"'][^\s"']{3,60})(?:\s|$)/di,
  'sonar.login': /^sonar\.login\s{0,3}[=:]\s{0,3}["']?([0-9a-f]{40})\b/di,
  smbclient: /\s-U\s["']?[^\s%"']{1,60}%([^\s"']{3,100})/d,
}

const CHPASSWD = /([a-z_][\w-]{0,31}):([^\s"':|]{3,100})["']?\s{0,4}\|\s{0,4}(?:sudo\s{1,4})?$/d

/** `at` is where the command's name starts. */
export function commandPassword(source: SourceText, at: number, command: string): Candidate | undefined {
  const { text } = source
  if (/[\w.-]/.test(text.charAt(at - 1)) && command !== 'sonar.login') return undefined
  const from = command === 'pass:' ? Math.max(lineStart(text, at), at - 12) : at
  const line = text.slice(from, Math.min(lineEnd(text, at), at + REACH))
  const match = COMMANDS[command]?.exec(line)
  const span = match?.indices?.[1] ?? match?.indices?.[2]
  return span === undefined ? undefined : candidate(source, from + span[0], from + span[1], 0.7)
}

/** `at` is where `chpasswd` starts; the password stands before it. */
export function chpasswdPassword(source: SourceText, at: number): Candidate | undefined {
  const from = Math.max(lineStart(source.text, at), at - REACH)
  const span = CHPASSWD.exec(source.text.slice(from, at))?.indices?.[2]
  return span === undefined ? undefined : candidate(source, from + span[0], from + span[1], 0.72)
}

function candidate(source: SourceText, start: number, end: number, base: number): Candidate | undefined {
  const password = source.text.slice(start, end)
  const shape = shapeOf(password)
  if (placeholderKind(password) !== undefined || /^[-/]|[${}()]|^\d{1,5}$/.test(password)) return undefined
  const wordy = isIdentifier(password, shape) || (shape.digits + shape.special === 0 && shape.wordShare > 0.7)
  const confidence = wordy ? base - 0.18 : base
  if (confidence < BAR) return undefined
  return {
    start,
    end,
    secret: source.decode(password),
    rule: 'command-line-password',
    credentialType: 'password',
    confidence,
    rank: RANK.authorization,
  }
}
