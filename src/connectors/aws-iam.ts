// What every connector that meets IAM reads alike: names, tags, policy documents, and who a role trusts. The reading
// itself is the aws connector's; this is its door for its siblings.
export { accountOfAccessKey, iamArn, keyMadeAt, principalAliases } from './aws/iam-name.ts'
export { documentOf } from './aws/policy-document.ts'
export { kindOfRole } from './aws/role-kind.ts'
export { readTags } from './aws/tags.ts'
export { trustedParties, trustFacts } from './aws/trust.ts'
