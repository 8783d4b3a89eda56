// For tests of archives: makes small zips and tars, honest ones and others.
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipPart {
  readonly name: string
  readonly content: Uint8Array | string
  readonly stored?: boolean
  readonly flags?: number
  /** Unix mode. */
  readonly mode?: number
  /** In place of the true size. */
  readonly statedSize?: number
}

export function zip(parts: readonly ZipPart[], before = Buffer.alloc(0)): Buffer {
  const bodies: Buffer[] = [before]
  const directory: Buffer[] = []
  let at = before.length
  for (const part of parts) {
    const content = Buffer.from(part.content)
    const packed = part.stored === true ? content : deflateRawSync(content)
    const name = Buffer.from(part.name)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(part.flags ?? 0x800, 2)
    shared.writeUInt16LE(part.stored === true ? 0 : 8, 4)
    shared.writeUInt32LE(crc32(content), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(part.statedSize ?? content.length, 18)
    shared.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared, name, packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(((part.mode ?? 0o100644) << 16) >>> 0, 6)
    rest.writeUInt32LE(at - before.length, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), shared, rest, name]))
    bodies.push(local)
    at += local.length
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(entries.length, 12)
  end.writeUInt32LE(at - before.length, 16)
  return Buffer.concat([...bodies, entries, end])
}

export interface TarPart {
  readonly name: string
  readonly content?: Uint8Array | string
  readonly type?: string
}

export function tar(parts: readonly TarPart[]): Buffer {
  const blocks = parts.map(({ name, content = '', type = '0' }) => {
    const bytes = Buffer.from(content)
    const header = Buffer.alloc(512)
    header.write(name.slice(0, 100), 0)
    header.write('0000644\0', 100)
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('        ', 148)
    header.write(type, 156)
    header.write('ustar\x0000', 257, 'latin1')
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

/** A pax header with these records, for the part that follows. */
export const pax = (records: Readonly<Record<string, string>>): TarPart => ({
  name: 'PaxHeader',
  type: 'x',
  content: Object.entries(records)
    .map(([key, value]) => {
      const body = ` ${key}=${value}\n`
      let length = Buffer.byteLength(body)
      while (String(length).length + Buffer.byteLength(body) !== length) length += 1
      return `${length}${body}`
    })
    .join(''),
})
