// AWS IAM from files: account exports, credential reports, key listings, last-accessed reports and policy documents.
import type { Observation } from '#kernel'
import type { Connector, UntrustedFile } from '../port.ts'
import { isCredentialReport, reportCsvFacts } from './credential-report-csv.ts'
import { exportFacts } from './export.ts'

/** Members by which an AWS export is told from other JSON. */
const MARKS = [
  '"UserDetailList"',
  '"RoleDetailList"',
  '"GroupDetailList"',
  '"AccountUsers"',
  '"AccountRoles"',
  '"AccountGroups"',
  '"AccountPolicies"',
  '"CredentialReport"',
  '"AccessKeyMetadata"',
  '"AccessKeyId"',
  '"ServicesLastAccessed"',
  '"PolicyVersionList"',
  '"ReportFormat"',
  '"PolicyDocument"',
  '"Statement"',
  'arn:aws',
]

const looksLikeJson = (file: UntrustedFile): boolean =>
  /\.(?:json|jsonl|ndjson)$/i.test(file.path) || file.origin === 'stdin'

export const aws: Connector = {
  id: 'aws',
  title: 'AWS IAM',
  reads:
    'get-account-authorization-details and IAM listings (JSON, NDJSON), the credential report (CSV, or base64 in JSON), list-access-keys, service-last-accessed reports, policy documents',
  verbs: ['discover'],
  blindSpots: [
    'service control policies, resource control policies and session policies, which narrow rights and stand in no IAM export',
    'resource policies (buckets, keys, functions), which give rights of their own',
    'the rights of AWS-managed policies that an export names without holding them, save the best known',
  ],
  accepts(file) {
    if (file.binary) return false
    const text = file.text()
    if (/\.csv$/i.test(file.path) || file.origin === 'stdin') if (isCredentialReport(text.slice(0, 200))) return true
    return looksLikeJson(file) && /^\s*[[{]/.test(text.slice(0, 1000)) && MARKS.some((mark) => text.includes(mark))
  },
  *discover(file): Generator<Observation> {
    if (isCredentialReport(file.text().slice(0, 200))) {
      yield* reportCsvFacts(file.text(), file)
      return
    }
    for (const document of file.json() ?? []) {
      const place = { file, document }
      for (const value of Array.isArray(document.value) ? (document.value as readonly unknown[]) : [document.value]) {
        yield* exportFacts(value, place)
      }
    }
  },
}
