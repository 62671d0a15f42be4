// `vestibule --stack`: the road to a deployed stack, with CloudFormation played by a stub and the API by the embedded one.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { announceSystem } from '#cli/running-system.ts';
import { listen } from '#local/listen.ts';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';
import { vestibuleWith } from '#support/vestibule-process.ts';

let folder: string;
let system: TestSystem;
let cloudFormation: Awaited<ReturnType<typeof listen>>;
/** authorization header of each request */
const asked: string[] = [];

const answer = (action: string, content: string): string =>
  `<${action} xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">${content}</${action}>`;

/** API reference, DescribeStacks: a stack, or a ValidationError for a name that is none. */
const describeStack = (name: string): { readonly status: number; readonly xml: string } => {
  const outputs = system.outputs.get(name);
  if (outputs === undefined) {
    const error = `<Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message>`;
    return { status: 400, xml: answer('ErrorResponse', `<Error>${error}</Error>`) };
  }
  const members = [...outputs].map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${key === OUTPUT.apiUrl ? system.api.url : value}</OutputValue></member>`,
  );
  const id = `arn:aws:cloudformation:eu-central-1:${system.aws.accountId}:stack/${name}/1`;
  const stack = `<StackName>${name}</StackName><StackId>${id}</StackId><Outputs>${members.join('')}</Outputs>`;
  const result = `<DescribeStacksResult><Stacks><member>${stack}</member></Stacks></DescribeStacksResult>`;
  return { status: 200, xml: answer('DescribeStacksResponse', result) };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestibule-stack-'));
  system = await startTestSystem();
  await system.tenant('acme');
  const { accessKeyId, secretAccessKey } = system.credentials.operator;
  await writeFile(
    join(folder, 'credentials'),
    `[production]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  );
  await writeFile(join(folder, 'config'), '[profile production]\nregion = eu-central-1\n');
  cloudFormation = await listen(
    createServer((request, response) => {
      asked.push(request.headers.authorization ?? '');
      text(request).then(
        (body) => {
          const { status, xml } = describeStack(new URLSearchParams(body).get('StackName') ?? '');
          response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
        },
        () => response.destroy(),
      );
    }),
    'CloudFormation',
    0,
  );
});
afterAll(async () => {
  await cloudFormation.stop();
  await system.stop();
  await rm(folder, { recursive: true, force: true });
});

const KEYS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
];

/** As on a machine with AWS configuration. */
const onAws = (variables: NodeJS.ProcessEnv, ...args: string[]) =>
  vestibuleWith(
    {
      ...Object.fromEntries(KEYS.map((name) => [name, undefined])),
      VESTIBULE_HOME: folder,
      AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${cloudFormation.port}`,
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
      AWS_EC2_METADATA_DISABLED: 'true',
      ...variables,
    },
    ...args,
    '--json',
  );
const operator = () => ({
  AWS_ACCESS_KEY_ID: system.credentials.operator.accessKeyId,
  AWS_SECRET_ACCESS_KEY: system.credentials.operator.secretAccessKey,
});
const IN_REGION = ['--stack', STACK.onboarding, '--region', 'eu-central-1'];
const target = () => `AWS stack ${STACK.onboarding} in eu-central-1, account ${system.aws.accountId}`;

it('a command acts on the API that the outputs of the stack name, with a profile and its region', async () => {
  // keys beside a profile that was asked for count for nothing, and nobody warns of them
  const others = { AWS_ACCESS_KEY_ID: 'AKIAOTHER', AWS_SECRET_ACCESS_KEY: 'other' };

  const ran = await onAws(others, 'tenant', 'list', '--stack', STACK.onboarding, '--profile', 'production');

  expect(ran).toMatchObject({ exitCode: 0, stderr: `on ${target()}\n` });
  expect(JSON.parse(ran.stdout).tenants).toMatchObject([{ tenant: 'acme' }]);
  expect(asked.at(-1)).toMatch(/Credential=\w+\/\d{8}\/eu-central-1\/cloudformation\/aws4_request/);
});

it('a command acts with the temporary credentials of the environment, although an embedded system runs', async () => {
  const home = join(folder, 'home');
  announceSystem(home).ready({
    api: { url: 'http://127.0.0.1:9' },
    aws: system.aws,
    credentials: system.credentials.operator,
  });
  const session = { ...operator(), AWS_SESSION_TOKEN: 'token', VESTIBULE_HOME: home };

  const ran = await onAws(session, 'tenant', 'create', 'globex', '--naming', 'eu2', ...IN_REGION);

  expect(ran).toMatchObject({ exitCode: 0 });
  expect(await system.api.call('showTenant', { params: { tenant: 'globex' } })).toMatchObject({ naming: 'eu2' });
});

it('a command without --stack never asks AWS, whatever AWS configuration there is', async () => {
  const before = asked.length;

  const ran = await onAws({ ...operator(), AWS_REGION: 'eu-central-1' }, 'tenant', 'list');

  expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
  expect(JSON.parse(ran.stderr).error.code).toBe('NO_TARGET');
  expect(asked).toHaveLength(before);
});

it.each([
  ['no such stack', 'STACK_NOT_FOUND', 'Vestibul', {}, []],
  ['a stack without the API', 'NOT_A_VESTIBULE_STACK', OUTPUT.apiUrl, {}, ['--stack', STACK.registry]],
  ['no credentials', 'AWS_CREDENTIALS', 'credentials', { AWS_ACCESS_KEY_ID: undefined }, []],
  ['a profile that is none', 'AWS_CREDENTIALS', 'nobody', {}, ['--profile', 'nobody']],
  ['no region', 'AWS_REGION', '--region', {}, []],
  [
    'CloudFormation out of reach',
    'AWS_FAILED',
    'ECONNREFUSED',
    { AWS_ENDPOINT_URL_CLOUDFORMATION: 'http://127.0.0.1:9' },
    [],
  ],
  ['keys that may not', 'ACCESS_DENIED', 'these credentials', { AWS_SECRET_ACCESS_KEY: 'wrong' }, []],
] as const)('%s is an error that says so', async (what, code, said, variables, flags) => {
  const region = what === 'no region' ? [] : ['--region', 'eu-central-1'];
  const stack = what === 'no such stack' ? 'Vestibul' : STACK.onboarding;

  const ran = await onAws({ ...operator(), ...variables }, 'tenant', 'list', '--stack', stack, ...region, ...flags);

  expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
  expect(JSON.parse(ran.stderr).error).toEqual({ code, message: expect.stringContaining(said) });
});
