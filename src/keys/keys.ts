// The key store of a server: one folder, opened once, handed out by main.ts.
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '#kernel'
import type { Clock } from '#kernel'
import { KEY_KIND_NAMES } from './kinds.ts'
import type { KeyDescription, KeyKind } from './kinds.ts'
import { privateFolder, readPrivate, writePrivate } from './private-file.ts'
import { damaged, describeStored, fileTextOf, loadKey, makeKey, notThere, parseKeyFile } from './stored-key.ts'
import type { KeyOf, StoredKey } from './stored-key.ts'

export interface KeysOptions {
  /** Keys that lie elsewhere from the start, by kind: `file:PATH`, `env:NAME`, `exec:COMMAND ARG…`. */
  readonly references?: Readonly<Partial<Record<KeyKind, string>>>
  /** Kinds whose key is gone for good: a new one is made, what is left of the old file is set aside. */
  readonly acceptLoss?: readonly KeyKind[]
  /** Kinds that what is kept elsewhere, a restored roll, was made under. Asked only where one would be made now. */
  readonly neededKinds?: () => Promise<ReadonlySet<string>>
}

export interface Keys {
  /** Kinds that had no key when the store was opened, and were given one. */
  readonly created: readonly KeyKind[]
  /** The active key: for everything new. */
  keyInUse<K extends KeyKind>(kind: K): KeyOf<K>
  /** The active key first, then the retiring ones: for what old ones made. */
  keysOf<K extends KeyKind>(kind: K): readonly KeyOf<K>[]
  /** Every key that there ever was, without values. */
  describeKeys(): readonly KeyDescription[]
  /** A new active key; the one before it goes on verifying and comparing. Durable when it returns. */
  rotateKey(kind: KeyKind, reference?: string): Promise<KeyDescription>
  /**
   * Takes up what a command has changed in the files of these kinds meanwhile; says which. Throws Fault('key_missing') where
   * a file is not whole: that kind keeps the keys that it had.
   */
  reread(kinds: readonly KeyKind[]): Promise<readonly KeyKind[]>
  /** Erases the value of a key that no longer is active. Faults: not_found, conflict. Durable when it returns. */
  retireKey(kind: KeyKind, keyId: string): Promise<KeyDescription>
}

/** Which kinds were made once: one that is listed and not there was lost, and is not made anew in silence. */
const MADE = 'made.json'

interface Held {
  readonly stored: readonly StoredKey[]
  readonly usable: readonly KeyOf<KeyKind>[]
}

/**
 * Opens the folder (made at the first start, 0700, files 0600). Throws Fault('key_missing') where a key is gone, damaged
 * or open to other users, with the remedy and with what is lost.
 */
export async function openKeys(folder: string, clock: Clock, options: KeysOptions = {}): Promise<Keys> {
  await privateFolder(folder)
  const made = await kindsMade(folder)
  await refuseNewInstead(folder, made, options)
  const held = new Map<KeyKind, Held>()
  const created: KeyKind[] = []
  for (const kind of KEY_KIND_NAMES) {
    const path = fileOf(folder, kind)
    const accepted = options.acceptLoss?.includes(kind) === true
    const found = await openKind(kind, path, accepted)
    if (found === undefined && made.has(kind) && !accepted) throw damaged(kind, path, 'the file is not there')
    if (found === undefined) created.push(kind)
    held.set(kind, found ?? (await firstKey(kind, path, clock, options)))
  }
  if (KEY_KIND_NAMES.some((kind) => !made.has(kind))) {
    await writePrivate(join(folder, MADE), `${JSON.stringify({ kinds: KEY_KIND_NAMES })}\n`)
  }
  return new KeyStore(folder, clock, held, created)
}

/** Whether a store was opened here once, and so whether it would be made now. Makes nothing. */
export async function keysWereMade(folder: string): Promise<boolean> {
  return (await readPrivate(join(folder, MADE))) !== undefined
}

/** SECURITY: new keys in place of ones that a roll was made under would void its tokens and fingerprints, unseen. */
async function refuseNewInstead(folder: string, made: ReadonlySet<string>, options: KeysOptions): Promise<void> {
  const { acceptLoss = [], neededKinds } = options
  if (neededKinds === undefined) return
  const absent: KeyKind[] = []
  for (const kind of KEY_KIND_NAMES) {
    if (made.has(kind) || acceptLoss.includes(kind)) continue
    if ((await readPrivate(fileOf(folder, kind))) === undefined) absent.push(kind)
  }
  if (absent.length === 0) return
  const needed = await neededKinds()
  const lost = absent.filter((kind) => needed.has(kind))
  if (lost.length > 0) throw notThere(folder, lost)
}

const fileOf = (folder: string, kind: KeyKind): string => join(folder, `${kind}.json`)

async function kindsMade(folder: string): Promise<Set<string>> {
  const text = await readPrivate(join(folder, MADE))
  if (text === undefined) return new Set()
  try {
    const { kinds } = JSON.parse(text) as { kinds?: unknown }
    if (Array.isArray(kinds)) return new Set(kinds.map(String))
  } catch {
    // said below
  }
  throw new Fault('key_missing', `\`${join(folder, MADE)}\` is damaged: restore the keys folder from a backup`)
}

async function openKind(kind: KeyKind, path: string, accepted: boolean): Promise<Held | undefined> {
  const text = await readPrivate(path)
  if (text === undefined) return undefined
  try {
    return await load(kind, path, parseKeyFile(kind, path, text))
  } catch (error) {
    if (!accepted) throw error
    await rename(path, `${path}.lost-${Date.now()}`)
    return undefined
  }
}

async function firstKey(kind: KeyKind, path: string, clock: Clock, options: KeysOptions): Promise<Held> {
  const stored = [await makeKey(kind, clock(), options.references?.[kind])]
  if (await writePrivate(path, fileTextOf(kind, stored), true)) return await load(kind, path, stored)
  // another process was first: its key is the key
  const text = await readPrivate(path)
  return await load(kind, path, parseKeyFile(kind, path, text ?? ''))
}

async function load(kind: KeyKind, path: string, stored: readonly StoredKey[]): Promise<Held> {
  const inUse = stored.filter(({ state }) => state !== 'retired')
  const usable = await Promise.all(inUse.map((key) => loadKey(kind, path, key)))
  return { stored, usable: usable.sort((a, b) => order(a) - order(b)) }
}

const order = (key: KeyOf<KeyKind>): number => (key.describe().state === 'active' ? 0 : 1)

class KeyStore implements Keys {
  readonly #folder: string
  readonly #clock: Clock
  readonly #held: Map<KeyKind, Held>
  readonly created: readonly KeyKind[]
  #writing: Promise<unknown> = Promise.resolve()

  constructor(folder: string, clock: Clock, held: Map<KeyKind, Held>, created: readonly KeyKind[]) {
    this.#folder = folder
    this.#clock = clock
    this.#held = held
    this.created = created
  }

  keyInUse<K extends KeyKind>(kind: K): KeyOf<K> {
    const [active] = this.keysOf(kind)
    if (active === undefined) throw new Error('a kind that was opened has an active key')
    return active
  }

  keysOf<K extends KeyKind>(kind: K): readonly KeyOf<K>[] {
    return (this.#held.get(kind)?.usable ?? []) as readonly KeyOf<K>[]
  }

  describeKeys(): readonly KeyDescription[] {
    return [...this.#held].flatMap(([kind, { stored }]) => stored.map((key) => describeStored(kind, key)))
  }

  rotateKey(kind: KeyKind, reference?: string): Promise<KeyDescription> {
    return this.#change(kind, async (keys) => {
      const next = await makeKey(kind, this.#clock(), reference)
      if (keys.some(({ keyId }) => keyId === next.keyId)) {
        throw new Fault('conflict', `${next.keyId} is or was a ${kind} key already: rotate to one that is new`)
      }
      const before = keys.map((key) => (key.state === 'active' ? { ...key, state: 'retiring' as const } : key))
      return [[next, ...before], next.keyId]
    })
  }

  retireKey(kind: KeyKind, keyId: string): Promise<KeyDescription> {
    return this.#change(kind, (keys) => {
      const key = keys.find((one) => one.keyId === keyId)
      if (key === undefined) throw new Fault('not_found', `no ${kind} key has the id \`${keyId}\``)
      if (key.state === 'active') throw new Fault('conflict', `${keyId} is the active ${kind} key: rotate it first`)
      const { key: _value, reference: _reference, ...name } = key
      const retired: StoredKey = { ...name, state: 'retired' }
      return [keys.map((one) => (one === key ? retired : one)), keyId]
    })
  }

  async reread(kinds: readonly KeyKind[]): Promise<readonly KeyKind[]> {
    const changed: KeyKind[] = []
    const turn = this.#writing.then(async () => {
      for (const kind of kinds) {
        const path = fileOf(this.#folder, kind)
        const text = await readPrivate(path)
        if (text === undefined) throw damaged(kind, path, 'the file is not there')
        const stored = parseKeyFile(kind, path, text)
        if (fileTextOf(kind, stored) === fileTextOf(kind, this.#held.get(kind)?.stored ?? [])) continue
        // what a reference leads to is asked for only now, not at each look
        this.#held.set(kind, await load(kind, path, stored))
        changed.push(kind)
      }
    })
    this.#writing = turn.catch(() => undefined)
    await turn
    return changed
  }

  /** One change after another, on what the file holds now: a command may have changed it meanwhile. */
  async #change(
    kind: KeyKind,
    change: (keys: readonly StoredKey[]) => Change | Promise<Change>,
  ): Promise<KeyDescription> {
    const turn = this.#writing.then(async () => {
      const path = fileOf(this.#folder, kind)
      const text = await readPrivate(path)
      if (text === undefined) throw damaged(kind, path, 'the file is not there')
      const [stored, keyId] = await change(parseKeyFile(kind, path, text))
      const held = await load(kind, path, stored)
      await writePrivate(path, fileTextOf(kind, stored))
      this.#held.set(kind, held)
      const changed = stored.find((key) => key.keyId === keyId)
      if (changed === undefined) throw new Error('the key that was changed is among the keys')
      return describeStored(kind, changed)
    })
    this.#writing = turn.catch(() => undefined)
    return await turn
  }
}

type Change = readonly [keys: readonly StoredKey[], keyId: string]
