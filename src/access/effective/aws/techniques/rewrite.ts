// Escalation in two steps on one identity that need not be privileged: it is given more rights, and then taken over.
import type { RewritableTarget, Technique } from './technique.ts'

type Row = readonly [
  rewrite: string,
  take: string,
  title: string,
  target: RewritableTarget,
  more?: Pick<Technique, 'by' | 'userHas'>,
]

/** What a policy that is attached would be; conditions on `iam:PolicyARN` are read against it. */
const REQUEST = { 'iam:policyarn': ['arn:aws:iam::aws:policy/AdministratorAccess'] }

const NO_PASSWORD = { userHas: { attribute: 'consolePassword', is: false } } as const
const PASSWORD = { userHas: { attribute: 'consolePassword', is: true } } as const

const ATTACH_USER = 'attach any managed policy to another user and'
const PUT_USER = 'write an inline policy for another user and'

const ROWS: readonly Row[] = [
  ['AttachUserPolicy', 'CreateAccessKey', `${ATTACH_USER} make its access key`, 'rewritable-user'],
  ['AttachUserPolicy', 'CreateLoginProfile', `${ATTACH_USER} give it a password`, 'rewritable-user', NO_PASSWORD],
  ['AttachUserPolicy', 'UpdateLoginProfile', `${ATTACH_USER} change its password`, 'rewritable-user', PASSWORD],
  ['PutUserPolicy', 'CreateAccessKey', `${PUT_USER} make its access key`, 'rewritable-user'],
  ['PutUserPolicy', 'CreateLoginProfile', `${PUT_USER} give it a password`, 'rewritable-user', NO_PASSWORD],
  ['PutUserPolicy', 'UpdateLoginProfile', `${PUT_USER} change its password`, 'rewritable-user', PASSWORD],
  [
    'AttachRolePolicy',
    'UpdateAssumeRolePolicy',
    'attach any managed policy to a role and make it trust it',
    'rewritable-role',
  ],
  [
    'PutRolePolicy',
    'UpdateAssumeRolePolicy',
    'write an inline policy for a role and make it trust it',
    'rewritable-role',
  ],
  [
    'AttachGroupPolicy',
    'AddUserToGroup',
    'attach any managed policy to a group and put itself into it',
    'rewritable-group',
    { by: 'user' },
  ],
  [
    'PutGroupPolicy',
    'AddUserToGroup',
    'write an inline policy for a group and put itself into it',
    'rewritable-group',
    { by: 'user' },
  ],
]

export const REWRITE_TECHNIQUES: readonly Technique[] = ROWS.map(([rewrite, take, title, target, more]) => {
  const technique: Technique = {
    id: `aws:iam:${rewrite}+${take}`,
    title,
    target,
    steps: [
      [`iam:${rewrite}`, 'target'],
      [`iam:${take}`, 'target'],
    ],
    request: REQUEST,
  }
  return Object.assign(technique, more)
})
