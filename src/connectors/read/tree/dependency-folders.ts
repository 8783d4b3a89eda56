// Folders of third-party code, which are not read unless asked for: their owners publish and scan them, and they would
// be nine tenths of the time and of the noise. Each that is left out is counted in the report.

interface DependencyFolder {
  readonly name: string
  /** Entries inside, of which one must be there: the name alone is used for first-party code too. */
  readonly marker?: readonly string[]
  /** The folder above, when the name means something only there. */
  readonly parent?: string
  readonly holds: string
}

const DEPENDENCY_FOLDERS: readonly DependencyFolder[] = [
  { name: 'node_modules', holds: 'packages installed by npm, yarn or pnpm' },
  { name: 'bower_components', holds: 'packages installed by bower' },
  { name: 'jspm_packages', holds: 'packages installed by jspm' },
  { name: '.pnpm-store', holds: 'the package store of pnpm' },
  { name: '.yarn', marker: ['cache', 'unplugged', 'releases'], holds: 'the package cache and releases of yarn' },
  { name: 'site-packages', holds: 'packages installed by pip' },
  { name: '.venv', marker: ['pyvenv.cfg'], holds: 'a Python virtual environment' },
  { name: 'venv', marker: ['pyvenv.cfg'], holds: 'a Python virtual environment' },
  { name: 'env', marker: ['pyvenv.cfg'], holds: 'a Python virtual environment' },
  { name: '.tox', holds: 'virtual environments of tox' },
  { name: '.nox', holds: 'virtual environments of nox' },
  { name: '__pycache__', holds: 'compiled Python' },
  { name: 'vendor', marker: ['modules.txt'], holds: 'Go modules' },
  { name: 'vendor', marker: ['autoload.php'], holds: 'packages installed by composer' },
  { name: 'bundle', parent: 'vendor', holds: 'gems installed by bundler' },
  { name: 'registry', parent: '.cargo', holds: 'crates' },
  { name: 'Pods', marker: ['Manifest.lock'], holds: 'pods installed by CocoaPods' },
  { name: 'providers', parent: '.terraform', holds: 'Terraform provider programs' },
  { name: '.gradle', marker: ['caches', 'vcs-1', 'buildOutputCleanup'], holds: 'the cache of gradle' },
  { name: 'repository', parent: '.m2', holds: 'artefacts installed by maven' },
]

const NAMES = new Set(DEPENDENCY_FOLDERS.map(({ name }) => name))

/** What the folder `name` below `parent` holds, when it is third-party code. `hasEntry` looks inside the folder. */
export function dependencyFolder(
  name: string,
  parent: string,
  hasEntry: (entry: string) => boolean,
): string | undefined {
  if (!NAMES.has(name)) return undefined
  return DEPENDENCY_FOLDERS.find(
    (folder) =>
      folder.name === name &&
      (folder.parent === undefined || folder.parent === parent) &&
      (folder.marker === undefined || folder.marker.some(hasEntry)),
  )?.holds
}

/** For a path of an archive or of history, where nobody can look inside: by the names that need no marker. */
export function inDependencyFolder(path: string): boolean {
  const folders = path.split('/').slice(0, -1)
  return folders.some((name, index) => dependencyFolder(name, folders[index - 1] ?? '', () => false) !== undefined)
}
