// Escalation by IAM itself: rewriting one's own rights, or taking another's credentials or trust.
import type { Technique } from './technique.ts'

/** What a policy that is attached in an escalation would be; conditions on `iam:PolicyARN` are read against it. */
const ANY_POLICY = { 'iam:policyarn': ['arn:aws:iam::aws:policy/AdministratorAccess'] }

export const IAM_TECHNIQUES: readonly Technique[] = [
  {
    id: 'aws:iam:CreatePolicyVersion',
    title: 'rewrite a policy that it holds',
    target: 'own-policy',
    steps: [['iam:CreatePolicyVersion', 'target']],
  },
  {
    id: 'aws:iam:SetDefaultPolicyVersion',
    title: 'bring back an older version of a policy that it holds, which gives more',
    target: 'own-policy-version',
    steps: [['iam:SetDefaultPolicyVersion', 'target']],
  },
  {
    id: 'aws:iam:AttachUserPolicy',
    title: 'attach any managed policy to itself',
    target: 'itself',
    by: 'user',
    steps: [['iam:AttachUserPolicy', 'target']],
    request: ANY_POLICY,
  },
  {
    id: 'aws:iam:PutUserPolicy',
    title: 'write an inline policy for itself',
    target: 'itself',
    by: 'user',
    steps: [['iam:PutUserPolicy', 'target']],
  },
  {
    id: 'aws:iam:AttachRolePolicy',
    title: 'attach any managed policy to a role that it is or can act as',
    target: 'itself',
    by: 'role',
    steps: [['iam:AttachRolePolicy', 'target']],
    request: ANY_POLICY,
  },
  {
    id: 'aws:iam:PutRolePolicy',
    title: 'write an inline policy for a role that it is or can act as',
    target: 'itself',
    by: 'role',
    steps: [['iam:PutRolePolicy', 'target']],
  },
  {
    id: 'aws:iam:AttachGroupPolicy',
    title: 'attach any managed policy to a group that it is a member of',
    target: 'own-group',
    steps: [['iam:AttachGroupPolicy', 'target']],
    request: ANY_POLICY,
  },
  {
    id: 'aws:iam:PutGroupPolicy',
    title: 'write an inline policy for a group that it is a member of',
    target: 'own-group',
    steps: [['iam:PutGroupPolicy', 'target']],
  },
  {
    id: 'aws:iam:AddUserToGroup',
    title: 'put itself into a group that may do more',
    target: 'group',
    by: 'user',
    steps: [['iam:AddUserToGroup', 'target']],
  },
  {
    id: 'aws:iam:DeleteUserPermissionsBoundary',
    title: 'take off the boundary that limits it',
    target: 'own-boundary',
    by: 'user',
    steps: [['iam:DeleteUserPermissionsBoundary', 'target']],
  },
  {
    id: 'aws:iam:PutUserPermissionsBoundary',
    title: 'put a wider boundary on itself',
    target: 'own-boundary',
    by: 'user',
    steps: [['iam:PutUserPermissionsBoundary', 'target']],
    request: { 'iam:permissionsboundary': ['arn:aws:iam::aws:policy/AdministratorAccess'] },
  },
  {
    id: 'aws:iam:DeleteRolePermissionsBoundary',
    title: 'take off the boundary that limits it',
    target: 'own-boundary',
    by: 'role',
    steps: [['iam:DeleteRolePermissionsBoundary', 'target']],
  },
  {
    id: 'aws:iam:PutRolePermissionsBoundary',
    title: 'put a wider boundary on itself',
    target: 'own-boundary',
    by: 'role',
    steps: [['iam:PutRolePermissionsBoundary', 'target']],
    request: { 'iam:permissionsboundary': ['arn:aws:iam::aws:policy/AdministratorAccess'] },
  },
  {
    id: 'aws:iam:CreateAccessKey',
    title: 'make an access key for a user that may do more',
    target: 'user',
    steps: [['iam:CreateAccessKey', 'target']],
  },
  {
    id: 'aws:iam:CreateLoginProfile',
    title: 'give a console password to a user that may do more',
    target: 'user',
    steps: [['iam:CreateLoginProfile', 'target']],
    userHas: { attribute: 'consolePassword', is: false },
  },
  {
    id: 'aws:iam:UpdateLoginProfile',
    title: 'change the console password of a user that may do more',
    target: 'user',
    steps: [['iam:UpdateLoginProfile', 'target']],
    userHas: { attribute: 'consolePassword', is: true },
  },
  {
    id: 'aws:iam:UpdateAssumeRolePolicy',
    title: 'make a role that may do more trust it',
    target: 'role',
    steps: [['iam:UpdateAssumeRolePolicy', 'target']],
  },
  {
    id: 'aws:iam:UpdateSAMLProvider',
    title: 'replace the metadata of a SAML provider that a role trusts, and sign in as anyone',
    target: 'saml-role',
    steps: [['iam:UpdateSAMLProvider', 'target']],
  },
  {
    id: 'aws:iam:CreateRole+AttachRolePolicy',
    title: 'make a role that trusts it and attach any policy to it',
    target: 'new',
    steps: [
      ['iam:CreateRole', 'role/*'],
      ['iam:AttachRolePolicy', 'role/*'],
    ],
    request: ANY_POLICY,
  },
  {
    id: 'aws:iam:CreateRole+PutRolePolicy',
    title: 'make a role that trusts it and write its policy',
    target: 'new',
    steps: [
      ['iam:CreateRole', 'role/*'],
      ['iam:PutRolePolicy', 'role/*'],
    ],
  },
  {
    id: 'aws:iam:CreateUser+AttachUserPolicy+CreateAccessKey',
    title: 'make a user, attach any policy to it and make its access key',
    target: 'new',
    steps: [
      ['iam:CreateUser', 'user/*'],
      ['iam:AttachUserPolicy', 'user/*'],
      ['iam:CreateAccessKey', 'user/*'],
    ],
    request: ANY_POLICY,
  },
  {
    id: 'aws:iam:CreateUser+PutUserPolicy+CreateAccessKey',
    title: 'make a user, write its policy and make its access key',
    target: 'new',
    steps: [
      ['iam:CreateUser', 'user/*'],
      ['iam:PutUserPolicy', 'user/*'],
      ['iam:CreateAccessKey', 'user/*'],
    ],
  },
]
