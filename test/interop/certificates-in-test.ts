// Certificates of a CA that a test made.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificate {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** A CA, a server of it, and clients as they are asked for. */
export function makeCertificates(folder: string): { of(name: string): Certificate } {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'clients-ca.pem', '-days', '2', '-subj', '/CN=clients')
  const signed = (name: string, subject: string, extension: string): void => {
    writeFileSync(join(folder, `${name}.ext`), extension)
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject)
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'clients-ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-out',
      `${name}.pem`,
      '-extfile',
      `${name}.ext`,
    )
  }
  signed('server', '/CN=localhost', 'subjectAltName=DNS:localhost\n')
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const made = new Set<string>()
  return {
    of: (name) => {
      const file = name.replaceAll(/[^\w]/g, '_')
      if (!made.has(file))
        signed(file, name.startsWith('/') ? name : `/O=shop/CN=${name}`, 'extendedKeyUsage=clientAuth\n')
      made.add(file)
      return { ca: read('clients-ca.pem'), cert: read(`${file}.pem`), key: read(`${file}.key`) }
    },
  }
}
