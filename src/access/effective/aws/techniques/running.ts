// Escalation by taking over what already runs under a role that may do more: no role needs to be passed.
import type { Step, Technique } from './technique.ts'

type Row = readonly [name: string, title: string, services: readonly string[], ...steps: Step[]]

const LAMBDA = ['lambda.amazonaws.com']
const EC2 = ['ec2.amazonaws.com']
const SAGEMAKER = ['sagemaker.amazonaws.com']
const CODEBUILD = ['codebuild.amazonaws.com']
const CLOUDFORMATION = ['cloudformation.amazonaws.com']

const ROWS: readonly Row[] = [
  ['lambda:UpdateFunctionCode', 'change the code of a function', LAMBDA, ['lambda:UpdateFunctionCode', 'function:*']],
  [
    'lambda:UpdateFunctionConfiguration',
    'put a layer of its own under a function',
    LAMBDA,
    ['lambda:UpdateFunctionConfiguration', 'function:*'],
  ],
  [
    'ec2:ModifyInstanceAttribute',
    'change the start script of an instance and restart it',
    EC2,
    ['ec2:ModifyInstanceAttribute', 'instance/*'],
    ['ec2:StopInstances', 'instance/*'],
    ['ec2:StartInstances', 'instance/*'],
  ],
  [
    'ec2:CreateLaunchTemplateVersion',
    'change the launch template of an auto scaling group',
    EC2,
    ['ec2:CreateLaunchTemplateVersion', 'launch-template/*'],
    ['ec2:ModifyLaunchTemplate', 'launch-template/*'],
  ],
  [
    'ec2-instance-connect:SendSSHPublicKey',
    'log in to an instance',
    EC2,
    ['ec2-instance-connect:SendSSHPublicKey', 'ec2::instance/*'],
  ],
  [
    'ec2-instance-connect:SendSerialConsoleSSHPublicKey',
    'log in to the serial console of an instance',
    EC2,
    ['ec2-instance-connect:SendSerialConsoleSSHPublicKey', 'ec2::instance/*'],
  ],
  [
    'ssm:SendCommand',
    'run a command on an instance',
    EC2,
    ['ssm:SendCommand', 'ec2::instance/*'],
    ['ssm:SendCommand', 'document/*'],
  ],
  ['ssm:StartSession', 'open a shell on an instance', EC2, ['ssm:StartSession', 'ec2::instance/*']],
  [
    'ssm:CreateAssociation',
    'have a document run on instances',
    EC2,
    ['ssm:CreateAssociation', 'ec2::instance/*'],
    ['ssm:CreateAssociation', 'document/*'],
  ],
  ['ecs:ExecuteCommand', 'open a shell in a task', ['ecs-tasks.amazonaws.com'], ['ecs:ExecuteCommand', 'task/*']],
  [
    'cloudformation:UpdateStack',
    'update a stack that has a role',
    CLOUDFORMATION,
    ['cloudformation:UpdateStack', 'stack/*'],
  ],
  [
    'cloudformation:CreateChangeSet',
    'change a stack that has a role',
    CLOUDFORMATION,
    ['cloudformation:CreateChangeSet', 'stack/*'],
    ['cloudformation:ExecuteChangeSet', 'stack/*'],
  ],
  [
    'cloudformation:UpdateStackSet',
    'change a stack set that has a role',
    CLOUDFORMATION,
    ['cloudformation:UpdateStackSet', 'stackset/*'],
  ],
  ['codebuild:StartBuild', 'start a build with its own build script', CODEBUILD, ['codebuild:StartBuild', 'project/*']],
  [
    'codebuild:StartBuildBatch',
    'start a batch of builds with its own build script',
    CODEBUILD,
    ['codebuild:StartBuildBatch', 'project/*'],
  ],
  [
    'glue:UpdateDevEndpoint',
    'put its own key on a development endpoint',
    ['glue.amazonaws.com'],
    ['glue:UpdateDevEndpoint', 'devEndpoint/*'],
  ],
  [
    'sagemaker:CreatePresignedNotebookInstanceUrl',
    'open a notebook',
    SAGEMAKER,
    ['sagemaker:CreatePresignedNotebookInstanceUrl', 'notebook-instance/*'],
  ],
  [
    'sagemaker:UpdateNotebookInstance',
    'give a notebook a start script and restart it',
    SAGEMAKER,
    ['sagemaker:CreateNotebookInstanceLifecycleConfig', 'notebook-instance-lifecycle-config/*'],
    ['sagemaker:StopNotebookInstance', 'notebook-instance/*'],
    ['sagemaker:UpdateNotebookInstance', 'notebook-instance/*'],
    ['sagemaker:StartNotebookInstance', 'notebook-instance/*'],
  ],
  [
    'sagemaker:CreatePresignedDomainUrl',
    'open the studio of another',
    SAGEMAKER,
    ['sagemaker:CreatePresignedDomainUrl', 'user-profile/*'],
  ],
  [
    'elasticmapreduce:AddJobFlowSteps',
    'run a step on a cluster',
    EC2,
    ['elasticmapreduce:AddJobFlowSteps', 'cluster/*'],
  ],
  [
    'bedrock-agentcore:InvokeCodeInterpreter',
    'run code in a code interpreter',
    ['bedrock-agentcore.amazonaws.com'],
    ['bedrock-agentcore:StartCodeInterpreterSession', 'code-interpreter-custom/*'],
    ['bedrock-agentcore:InvokeCodeInterpreter', 'code-interpreter-custom/*'],
  ],
  [
    'states:UpdateStateMachine',
    'change a state machine and start it',
    ['states.amazonaws.com'],
    ['states:UpdateStateMachine', 'stateMachine:*'],
    ['states:StartExecution', 'stateMachine:*'],
  ],
  [
    'apprunner:UpdateService',
    'change what a web service runs',
    ['tasks.apprunner.amazonaws.com'],
    ['apprunner:UpdateService', 'service/*'],
  ],
]

export const RUNNING_TECHNIQUES: readonly Technique[] = ROWS.map(([name, title, services, ...steps]) => ({
  id: `aws:${name}`,
  title: `${title} that runs under a role that may do more`,
  target: 'running-role',
  services,
  steps,
}))
