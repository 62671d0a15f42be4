// The CDK app as a value: what `cdk` synthesizes, what the embedded system runs and what the tests look at.

import { App, type AppProps, Validations } from 'aws-cdk-lib';
import featureFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { AwsSolutionsChecks } from 'cdk-nag';
import { STACK } from '#names/outputs.ts';
import { OnboardingStack } from './onboarding-stack.ts';
import { optInsOf } from './opt-ins.ts';
import { RegistryStack } from './registry-stack.ts';

export const vestibuleApp = (props: Pick<AppProps, 'outdir' | 'context'> = {}): App => {
  const app = new App({
    ...props,
    analyticsReporting: false,
    context: {
      // Here and not in cdk.json, so that the template is the same with and without the CDK's command line.
      ...featureFlags,
      // Exports: CloudFormation then refuses to take the registry away from under the functions.
      '@aws-cdk/core:defaultCrossStackReferences': 'strong',
      ...props.context,
    },
  });
  const { gate, privateCa } = optInsOf((key) => app.node.tryGetContext(key));
  const registry = new RegistryStack(app, STACK.registry, { privateCa });
  new OnboardingStack(app, STACK.onboarding, { registry, gate });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
};
