// What a deployment may have beside the rest: CDK context, as in `npx cdk deploy -c gate=true -c privateCa=create`.

export type OptIns = {
  /** asks the registry at every connect, before IoT Core lets a device in */
  readonly gate: boolean;
  /** CAs of AWS Private CA that sign for devices: made with the stack, or ARNs of such as there are; null for none */
  readonly privateCa: 'create' | readonly string[] | null;
};

const CA_ARN = /^arn:[a-z-]+:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority\/[0-9a-f-]{36}$/;

/** `-c` gives text; cdk.json may hold other JSON. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : JSON.stringify(value));

/** @throws Error that says what was expected: a word that is not known must not leave something out unseen */
export const optInsOf = (context: (key: string) => unknown): OptIns => {
  const gate = textOf(context('gate') ?? 'false');
  if (gate !== 'true' && gate !== 'false') throw new Error(`context gate: expected true or false, got ${gate}`);
  const privateCa = textOf(context('privateCa') ?? '');
  if (privateCa === '' || privateCa === 'create') return { gate: gate === 'true', privateCa: privateCa || null };
  const arns = privateCa.split(',').map((arn) => arn.trim());
  const wrong = arns.find((arn) => !CA_ARN.test(arn));
  if (wrong !== undefined)
    throw new Error(
      `context privateCa: expected create, or ARNs of CAs in AWS Private CA with commas between them, got ${wrong}`,
    );
  return { gate: gate === 'true', privateCa: arns };
};
