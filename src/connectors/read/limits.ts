// A limit on everything that an input could make large, in one table. A limit that bites is said in the report.

const MIB = 1024 * 1024

export const LIMITS = {
  fileBytes: { is: 32 * MIB, option: '--max-file-size', of: 'one file found below a directory or inside an archive' },
  namedFileBytes: {
    is: 256 * MIB,
    option: '--max-file-size',
    of: 'one file named on the command line, or standard input',
  },
  binaryBytes: { is: 1 * MIB, option: '--max-file-size', of: 'one binary file: certificates and keys are smaller' },
  files: { is: 2_000_000, option: '--exclude', of: 'files in one scan' },
  archiveDepth: { is: 3, option: '--max-archive-depth', of: 'archives inside archives' },
  archiveMembers: { is: 100_000, option: '--exclude', of: 'members of one archive, those of inner archives counted' },
  archiveBytes: { is: 2048 * MIB, option: '--exclude', of: 'unpacked bytes of one archive, inner archives counted' },
  archiveRatio: { is: 200, option: '--exclude', of: 'unpacked bytes for each packed one, after the first 16 MiB' },
  historyBlobs: { is: 1_000_000, option: '--no-history', of: 'file versions in the history of one repository' },
  fileSeconds: { is: 20, option: '--exclude', of: 'one file, and as many more as it has MiB' },
  workerMiB: { is: 2048, option: '--exclude', of: 'MiB of memory of one reading thread' },
  seconds: { is: 900, option: '--time-limit', of: 'the whole read' },
} as const satisfies Record<string, { is: number; option: string; of: string }>

/** The same keys, as numbers: what a scan uses. */
export type Limits = { readonly [name in keyof typeof LIMITS]: number }

/** The table's own values but for those given. */
export function limitsOf(given: { readonly [name in keyof Limits]?: number | undefined } = {}): Limits {
  const limits = Object.fromEntries(Object.entries(LIMITS).map(([name, { is }]) => [name, is])) as Record<
    string,
    number
  >
  for (const [name, value] of Object.entries(given)) if (value !== undefined) limits[name] = value
  return limits as Limits
}

/** `32 MiB`, `900 KiB`, `12 bytes` */
export function sizeText(bytes: number): string {
  if (bytes >= MIB) return `${Math.round((bytes / MIB) * 10) / 10} MiB`
  if (bytes >= 1024) return `${Math.round(bytes / 1024)} KiB`
  return `${bytes} bytes`
}
