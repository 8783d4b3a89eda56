// `reeve verify`: a bundle as a folder or as a zip file.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '#kernel'
import { verifyBundle } from './offline/verify-bundle.ts'
import type { Finding } from './offline/report.ts'
import type { VerifyOptions } from './offline/verify-bundle.ts'
import { unpackBundle } from './unpack.ts'

/** Throws Fault('unreadable_input') where there is no bundle. */
export async function verifyBundleFile(path: string, options: VerifyOptions): Promise<Finding[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new Fault('unreadable_input', `\`${path}\` cannot be read`, { cause })
  })
  if (found.isDirectory()) return await verify(path, options)
  const folder = await mkdtemp(join(tmpdir(), 'reeve-verify-'))
  try {
    await unpackBundle(path, folder)
    return await verify(folder, options)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function verify(folder: string, options: VerifyOptions): Promise<Finding[]> {
  try {
    return await verifyBundle(folder, options)
  } catch (cause) {
    throw new Fault('usage', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
