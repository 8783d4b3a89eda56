// A folder as one zip file: the same folder gives the same bytes.
import { createWriteStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'

/** Written beside its place and renamed by the caller. Zip64 where it has to be. */
export async function zipFolder(folder: string, file: string, at: Date): Promise<void> {
  const items = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = items.filter((item) => item.isFile()).map((item) => join(item.parentPath, item.name))
  const zip = new ZipFile()
  const writing = pipeline(zip.outputStream, createWriteStream(file, { mode: 0o600, flags: 'wx' }))
  zip.on('error', (error) => {
    zip.outputStream.emit('error', error)
  })
  for (const path of paths.sort()) {
    const name = relative(folder, path).split(sep).join('/')
    zip.addFile(path, name, { mtime: at, mode: 0o100644, forceDosTimestamp: true })
  }
  zip.end()
  await writing
}
