// Which names say that a file is text. What such a file holds is never passed over as binary: one NUL byte would hide it.

const WHOLE_NAMES = [
  '(?:Docker|Container|Make|Jenkins|Vagrant|Proc|Gem|Rake)file',
  'CODEOWNERS',
  'crontab',
  'sudoers',
  String.raw`authorized_keys2?`,
  'known_hosts',
  'kubeconfig',
  'config',
  'credentials',
  String.raw`sshd?_config`,
  String.raw`id_(?:rsa|dsa|ecdsa|ed25519)(?:\.pub)?`,
  'passwd',
  'shadow',
  String.raw`[._]netrc`,
  String.raw`\.(?:npmrc|yarnrc|pypirc|pgpass|my\.cnf|git-credentials|gitconfig|htpasswd|bashrc|zshrc|profile)`,
]

const EXTENSIONS = [
  'json|jsonl|ndjson|jsonc|json5|tfstate(?:\\.backup)?|ya?ml|toml|ini|cfg|cnf|conf|config|properties|csv|tsv|ldif|xml',
  'tf|tfvars|hcl|bicep|service|timer|sh|bash|zsh|ps1|bat|py|rb|php|pl|js|mjs|cjs|jsx|ts|mts|cts|tsx|java|kt|scala',
  'groovy|gradle|go|rs|c|h|cc|cpp|hpp|cs|vb|fs|swift|m|sql|html?|vue|svelte|md|txt|graphql|proto',
]

const TEXT_NAME = new RegExp(
  String.raw`(?:^|/)(?:${WHOLE_NAMES.join('|')})$|(?:^|[/.])env(?:\.[\w-]+)?$|(?:^|/)Dockerfile\.[\w-]+$|(?:^|/)(?:sudoers|cron)\.d/[^/]+$|\.(?:${EXTENSIONS.join('|')})$`,
  'i',
)

/** `path` with forward slashes, or a name alone. */
export const isTextName = (path: string): boolean => TEXT_NAME.test(path)
