// Which files are archives, by name and by their first bytes.
import { isTarHeader } from './tar.ts'

/** Formats that are opened. `.gz` and `.zst` of one file count as an archive with one member. */
const OPENED = /\.(?:zip|jar|war|ear|whl|nupkg|vsix|crate|gem|tar|tgz|tzst|gz|zst)$/i
const NOT_OPENED = /\.(?:7z|rar|bz2|tbz2?|xz|txz|lz4|lzma|cab|rpm|deb|iso|dmg)$/i

/** Members that are never text nor a key: not unpacked. */
const NEVER_TEXT =
  /\.(?:class|pyc|pyo|o|a|so(?:\.[\d.]+)?|dll|exe|dylib|png|jpe?g|gif|webp|ico|bmp|tiff?|mp[34]|avi|mov|webm|ogg|wav|woff2?|ttf|otf|eot|pdf|docx?|xlsx?|pptx?|map)$/i

export const isArchiveName = (path: string): boolean => OPENED.test(path)
export const isZipName = (path: string): boolean => /\.(?:zip|jar|war|ear|whl|nupkg|vsix)$/i.test(path)
export const isUnopenedArchiveName = (path: string): boolean => NOT_OPENED.test(path)
export const isNeverText = (path: string): boolean => NEVER_TEXT.test(path)

export type ArchiveKind = 'zip' | 'gzip' | 'zstd' | 'tar'

/** By the first 512 bytes. */
export function archiveKind(head: Uint8Array): ArchiveKind | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd'
  if (head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5) && (head[3] === 4 || head[3] === 6))
    return 'zip'
  return isTarHeader(head) ? 'tar' : undefined
}

/** A member's name as a path: no way up, no drive, no doubled slashes. Nothing is ever written to such a path. */
export function memberPath(name: string): string {
  const parts = name.split(/[/\\]/).filter((part) => part !== '' && part !== '.' && part !== '..')
  return parts.join('/')
}

/** The name of what a compressed file holds: without the last extension, and `.tgz` becomes `.tar`. */
export function unpackedName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return /\.t(?:gz|zst)$/i.test(name) ? name.replace(/\.[^.]*$/, '.tar') : name.replace(/\.(?:gz|zst)$/i, '')
}
