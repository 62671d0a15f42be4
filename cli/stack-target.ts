// A deployed stack as a target: its outputs say where the API is, the AWS configuration who asks.

import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { OUTPUT } from '#names/outputs.ts';
import { Failure } from './failure.ts';
import type { Target } from './target.ts';

type StackOptions = { readonly stack: string; readonly profile?: string; readonly region?: string };

const failureOf = ({ stack, profile }: StackOptions, error: unknown): Failure => {
  if (!(error instanceof Error)) return new Failure('AWS_FAILED', String(error));
  if (error.message === 'Region is missing') {
    return new Failure('AWS_REGION', 'no AWS region is set: say --region, or set one for the profile', {
      cause: error,
    });
  }
  if (error.name === 'CredentialsProviderError') {
    const [whose, advice] =
      profile === undefined ? ['', '; say --profile, or set AWS_PROFILE'] : [` of profile "${profile}"`, ''];
    return new Failure('AWS_CREDENTIALS', `no AWS credentials${whose}: ${error.message}${advice}`, { cause: error });
  }
  // CloudFormation answers DescribeStacks for an unknown name with a ValidationError (API reference, DescribeStacks).
  if (error instanceof CloudFormationServiceException && error.name === 'ValidationError') {
    return new Failure(
      'STACK_NOT_FOUND',
      `no stack "${stack}" in this account and region: check --stack, --profile and --region`,
      {
        cause: error,
      },
    );
  }
  return new Failure('AWS_FAILED', `CloudFormation did not describe stack "${stack}": ${error.message}`, {
    cause: error,
  });
};

const ignore = () => undefined;
/**
 * Else the SDK warns on stderr of a profile beside keys in the environment, where --json promises one JSON object. The
 * profile wins, and the target that is named there tells the account.
 */
const QUIET = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** @throws Failure when AWS gives no credentials, no region, no such stack, or a stack that is not Vestibule's */
export const stackTarget = async (options: StackOptions): Promise<Target> => {
  const { stack, profile, region } = options;
  const credentials = defaultProvider({ logger: QUIET, ...(profile === undefined ? {} : { profile }) });
  const client = new CloudFormationClient({
    credentials,
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
  });
  try {
    const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const apiUrl = found?.Outputs?.find((output) => output.OutputKey === OUTPUT.apiUrl)?.OutputValue;
    if (!apiUrl) {
      throw new Failure(
        'NOT_A_VESTIBULE_STACK',
        `stack "${stack}" has no output ${OUTPUT.apiUrl}: name the onboarding stack`,
      );
    }
    const account = found.StackId?.split(':')[4] ?? 'unknown';
    const where = await client.config.region();
    return { name: `AWS stack ${stack} in ${where}, account ${account}`, apiUrl, region: where, credentials };
  } catch (error) {
    throw error instanceof Failure ? error : failureOf(options, error);
  } finally {
    client.destroy();
  }
};
