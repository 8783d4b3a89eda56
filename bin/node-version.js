// Plain JavaScript that any Node can read: says what is missing where the running Node is too old.
const NEEDED = 24

/** True when the running Node will do; otherwise says on standard error what is needed, and sets exit code 2. */
export function nodeWillDo() {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED) return true
  process.stderr.write(
    `reeve needs Node ${NEEDED} or later; this is ${process.version}.\n` +
      'In a clone: run `npm ci` with install scripts allowed (it brings its own Node as a dev dependency), then\n' +
      '`npx reeve` or an npm script. Elsewhere: install a newer Node.\n',
  )
  process.exitCode = 2
  return false
}

if (
  process.argv[1] !== undefined &&
  import.meta.url.endsWith(process.argv[1].replaceAll('\\', '/').split('/').pop() ?? '')
) {
  if (!nodeWillDo()) process.exit(2)
}
