// The only function that asks AWS Private CA for anything: it signs for devices under one template, and revokes.

import { Duration, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DEVICE_TEMPLATE, templateArn } from '#names/private-ca.ts';
import { FUNCTION_TIMEOUT_SECONDS } from '#names/timing.ts';
import { OnboardingFunction } from './onboarding-function.ts';

export class PrivateCaFunction extends OnboardingFunction {
  /** @param cas ARNs of the CAs that it may ask, and of no others */
  constructor(scope: Construct, id: string, cas: readonly string[]) {
    super(scope, id, {
      name: 'private-ca',
      timeout: Duration.seconds(FUNCTION_TIMEOUT_SECONDS),
      environment: {},
      impact: 'No certificate is issued, and AWS Private CA does not learn what is revoked.',
    });
    this.allow(
      [
        'acm-pca:DescribeCertificateAuthority',
        'acm-pca:GetCertificate',
        'acm-pca:GetCertificateAuthorityCertificate',
        'acm-pca:RevokeCertificate',
      ],
      cas,
    );
    // Under another template the same call would make a CA.
    this.allow(['acm-pca:IssueCertificate'], cas, {
      StringEquals: { 'acm-pca:TemplateArn': templateArn(Stack.of(this).partition, DEVICE_TEMPLATE) },
    });
  }

  allowInvoking(fn: OnboardingFunction): void {
    fn.allow(['lambda:InvokeFunction'], [this.lambda.functionArn]);
  }
}
