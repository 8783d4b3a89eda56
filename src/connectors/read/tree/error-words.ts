// System errors in words that say what to do; never the system's own text, which repeats paths.

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied; run as a user who may read it',
  EPERM: 'permission denied; run as a user who may read it',
  ENOENT: 'it vanished while being read; scan again',
  ELOOP: 'it became a link while being read; links are not followed',
  ENXIO: 'it is not a regular file',
  EMFILE: 'too many files are open; raise the limit of open files',
  ENFILE: 'too many files are open; raise the limit of open files',
  ENAMETOOLONG: 'its path is too long for this system',
  EIO: 'the disk could not deliver it',
}

export function errorWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return WORDS[code] ?? (/^E[A-Z0-9]+$/.test(code) ? `the system says ${code}` : 'the system gave no reason')
}
