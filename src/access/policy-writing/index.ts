// The text of policies: read, checked and formatted when they are written; never while deciding.
export { readPoliciesToDecide } from './policies-to-decide.ts'
export { POLICY_TEXT_MAX, readPolicyText } from './policy-text.ts'
export type { PolicyTexts, ReadPolicies, TextProblem, WrittenPolicies, WrittenPolicy } from './policy-text.ts'
