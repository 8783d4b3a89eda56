// What `uses:` names: an action, a reusable workflow or an image, whose it is and whether its version can move.

export interface ActionReference {
  readonly kind: 'action' | 'reusable-workflow' | 'image'
  /** `owner/repo/path` or the image without its tag; for a local one the folder below the repository's root. */
  readonly name: string
  readonly owner: string | undefined
  readonly version: string | undefined
  /** A full commit hash or an image digest: what runs cannot change. A local action moves with its own repository. */
  readonly pinned: boolean
  readonly local: boolean
}

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i
const DIGEST = /@sha256:[0-9a-f]{64}$/i
const REMOTE = /^([A-Za-z0-9][A-Za-z0-9-]{0,99})\/([A-Za-z0-9._-]{1,100})((?:\/[^@\s]{1,400})?)@(\S{1,255})$/

/** `undefined` for what GitHub itself would refuse, and for an expression. */
export function parseUses(uses: string): ActionReference | undefined {
  const text = uses.trim()
  if (text.startsWith('docker://')) return imageReference(text.slice('docker://'.length))
  // `$/` stands for the repository that the workflow file comes from, `./` for the one that is checked out
  if (/^[.$]\//.test(text) || text === '.' || text === './') return localReference(text)
  const match = REMOTE.exec(text)
  if (match === null) return undefined
  const [, owner = '', repository = '', below = '', version = ''] = match
  return {
    kind: /^\/\.github\/workflows\/[^/]+\.ya?ml$/i.test(below) ? 'reusable-workflow' : 'action',
    name: `${owner}/${repository}${below}`,
    owner,
    version,
    pinned: COMMIT.test(version),
    local: false,
  }
}

function localReference(text: string): ActionReference {
  const folder = text
    .replace(/^[.$]\/?/, '')
    .replace(/@[^/@]*$/, '')
    .replace(/\/+$/, '')
  return {
    kind: /\.ya?ml$/i.test(folder) ? 'reusable-workflow' : 'action',
    name: folder,
    owner: undefined,
    version: undefined,
    pinned: true,
    local: true,
  }
}

function imageReference(image: string): ActionReference {
  const pinned = DIGEST.test(image)
  const bare = image.replace(DIGEST, '')
  const tag = /:([\w][\w.-]{0,127})$/.exec(bare)?.[1]
  return {
    kind: 'image',
    name: tag === undefined ? bare : bare.slice(0, -tag.length - 1),
    owner: bare.includes('/') ? bare.split('/')[0] : undefined,
    version: pinned ? image.slice(image.lastIndexOf('@') + 1) : tag,
    pinned,
    local: false,
  }
}
