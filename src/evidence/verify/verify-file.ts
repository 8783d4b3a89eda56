// `reeve verify`: a bundle as a folder or as a zip file.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '#kernel'
import { verifyBundle } from './offline/verify-bundle.ts'
import type { Finding } from './offline/report.ts'
import type { VerifyOptions } from './offline/verify-bundle.ts'
import { verifyReceipt } from './offline/verify-receipt.ts'
import type { ReceiptOptions } from './offline/verify-receipt.ts'
import { unpackBundle } from './unpack.ts'

/** Throws Fault('unreadable_input') where there is no bundle. */
export async function verifyBundleFile(path: string, options: VerifyOptions): Promise<Finding[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new Fault('unreadable_input', `\`${path}\` cannot be read`, { cause })
  })
  if (found.isDirectory()) return await verify(path, options)
  // a pipe would be waited for without end
  if (!found.isFile()) throw new Fault('unreadable_input', `\`${path}\` is neither a folder nor a zip file`)
  const folder = await mkdtemp(join(tmpdir(), 'reeve-verify-'))
  try {
    await unpackBundle(path, folder)
    return await verify(folder, options)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const RECEIPT_BYTES_MAX = 1 << 20

/** One receipt, as `reeve receipt show --out` wrote it. Throws Fault('unreadable_input') where there is none. */
export async function verifyReceiptFile(path: string, options: ReceiptOptions): Promise<Finding[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new Fault('unreadable_input', `\`${path}\` cannot be read`, { cause })
  })
  if (!found.isFile() || found.size > RECEIPT_BYTES_MAX)
    throw new Fault('unreadable_input', `\`${path}\` is no file that a receipt can be`)
  return await given(async () => await verifyReceipt(await readFile(path), options))
}

async function verify(folder: string, options: VerifyOptions): Promise<Finding[]> {
  return await given(async () => await verifyBundle(folder, options))
}

/** What the reader gave is wrong, such as a key that is none. */
async function given<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new Fault('usage', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
