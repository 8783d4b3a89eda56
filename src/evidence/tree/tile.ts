// Tiles of the tree (C2SP tlog-tiles): 256 hashes of one level in one piece, named by level, index and width.

export const TILE_HEIGHT = 8
export const TILE_WIDTH = 256
export const HASH_BYTES = 32

/** A tile at `level` (0 holds leaf hashes, each next one the roots of full tiles below). A partial one has `width` < 256. */
export interface TileName {
  readonly level: number | 'entries'
  readonly index: number
  readonly width: number
}

/** `tile/0/x001/x234/067`, `tile/entries/000.p/17`: the path below the log's prefix. */
export function tilePath({ level, index, width }: TileName): string {
  const partial = width === TILE_WIDTH ? '' : `.p/${width}`
  return `tile/${level}/${indexPath(index)}${partial}`
}

function indexPath(index: number): string {
  let path = threeDigits(index % 1000)
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${threeDigits(rest % 1000)}/${path}`
  }
  return path
}

const threeDigits = (part: number): string => String(part).padStart(3, '0')

const PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/

/** The tile that a path names; `undefined` for any other text, also for a spelling that `tilePath` would not give. */
export function parseTilePath(path: string): TileName | undefined {
  const [, level = '', index = '', width] = PATH.exec(path) ?? []
  if (index === '') return undefined
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(index.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  }
  return Number.isSafeInteger(name.index) && tilePath(name) === path && name.width <= TILE_WIDTH ? name : undefined
}

/** The tiles of one level of a tree of `size` leaves: how many full ones, and the width of the partial one after them. */
export function levelTiles(size: number, level: number): { readonly full: number; readonly partialWidth: number } {
  const hashes = Math.floor(size / TILE_WIDTH ** level)
  return { full: Math.floor(hashes / TILE_WIDTH), partialWidth: hashes % TILE_WIDTH }
}
