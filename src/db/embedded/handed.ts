// A folder that the database's user cannot reach by its path, because one above it is closed, is handed to each process
// as a descriptor: its link in /proc passes by what is above. On Linux only.
import { closeSync, constants, existsSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Directory } from './directory.ts'

/** The first after the standard ones, which is where `spawn` puts it. */
const HANDED = '/proc/self/fd/3'
/** Of Linux, and missing in Node's constants. SECURITY: who has it passes through and cannot list the folder. */
const O_PATH = 0o10000000

type Reach = Pick<Directory, 'folder' | 'handed'>

export function canHand(): boolean {
  return process.platform === 'linux' && existsSync('/proc/self/fd')
}

/** How the database's processes name `path`: as we do, or by the folder that they were handed. */
export function nameFor({ folder, handed }: Reach, path: string): string {
  return handed && path.startsWith(`${folder}/`) ? HANDED + path.slice(folder.length) : path
}

/** How we name what a server on `pgdata` named `name`. */
export function nameFrom(pgdata: string, name: string): string {
  return name.startsWith(`${HANDED}/`) ? resolve(dirname(pgdata)) + name.slice(HANDED.length) : name
}

/** `start` gets what is added to `stdio`. The descriptor is closed when it returns; the child has its own. */
export function handing<T>({ folder, handed }: Reach, start: (descriptors: readonly number[]) => T): T {
  if (!handed) return start([])
  const descriptor = openSync(folder, O_PATH | constants.O_DIRECTORY)
  try {
    return start([descriptor])
  } finally {
    closeSync(descriptor)
  }
}
