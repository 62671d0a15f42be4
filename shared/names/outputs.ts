// Stacks and their outputs: the stacks write them, the command line and the embedded system read them.

export const STACK = { registry: 'VestibuleRegistry', onboarding: 'VestibuleOnboarding' } as const;

export const OUTPUT = {
  apiUrl: 'ApiUrl',
  registryTable: 'RegistryTable',
  eventBusName: 'EventBusName',
  dashboardName: 'DashboardName',
  onboardingQueueUrl: 'OnboardingQueueUrl',
  onboardingDeadLettersUrl: 'OnboardingDeadLettersUrl',
  commandQueueUrl: 'CommandQueueUrl',
  commandDeadLettersUrl: 'CommandDeadLettersUrl',
  permissionSetQueueUrl: 'PermissionSetQueueUrl',
  permissionSetDeadLettersUrl: 'PermissionSetDeadLettersUrl',
  presenceQueueUrl: 'PresenceQueueUrl',
  presenceDeadLettersUrl: 'PresenceDeadLettersUrl',
  trustQueueUrl: 'TrustQueueUrl',
  trustDeadLettersUrl: 'TrustDeadLettersUrl',
  truststoreBucket: 'TruststoreBucket',
  privateCaArn: 'PrivateCaArn',
  ruleErrorsUrl: 'RuleErrorsUrl',
} as const;
