// Deployment of templates: order, conditions, parameters, outputs, and what is refused.

import { describe, expect, it } from 'vitest';
import { deploy } from '#local/template/deploy.ts';
import type { JsonObject } from '#local/template/intrinsics.ts';
import type { Resource } from '#local/template/resource.ts';

const account = { partition: 'aws', region: 'eu-central-1', accountId: '000000000000' };

const deployed = async (
  templates: Readonly<Record<string, JsonObject>>,
  parameters: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
) => {
  const made: Resource[] = [];
  const stacks = Object.entries(templates).map(([name, template]) => ({ name, template }));
  const outputs = await deploy(stacks, {
    account,
    parameters,
    create: async (resource) => {
      made.push(resource);
      return { ref: `ref-${resource.logicalId}`, attributes: { Arn: `arn-${resource.logicalId}` } };
    },
  });
  return { made, outputs, order: made.map(({ logicalId }) => logicalId) };
};

describe('deploy', () => {
  it('makes a resource after everything that it refers to or depends on', async () => {
    const { order, made } = await deployed({
      S: {
        Resources: {
          First: { Type: 'T', Properties: { of: { Ref: 'Second' } }, DependsOn: ['Fourth'] },
          Second: { Type: 'T', Properties: { of: { 'Fn::GetAtt': ['Third', 'Arn'] } } },
          Third: { Type: 'T' },
          Fourth: { Type: 'T', DependsOn: 'Second' },
        },
      },
    });

    expect(order).toEqual(['Third', 'Second', 'Fourth', 'First']);
    expect(made.at(-1)?.properties).toEqual({ of: 'ref-Second' });
  });

  it('leaves out a resource and an output whose condition does not hold', async () => {
    const { order, outputs } = await deployed({
      S: {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: { Kept: { Type: 'T' }, Left: { Type: 'T', Condition: 'Never' } },
        Outputs: { Out: { Value: 'x', Condition: 'Never' }, In: { Value: { Ref: 'Kept' } } },
      },
    });

    expect(order).toEqual(['Kept']);
    expect(outputs.get('S')).toEqual(new Map([['In', 'ref-Kept']]));
  });

  it('takes parameters from the caller before their defaults, and hands outputs and exports to later stacks', async () => {
    const { made } = await deployed(
      {
        Base: {
          Resources: { Bus: { Type: 'T' } },
          Outputs: { Name: { Value: { Ref: 'Bus' }, Export: { Name: 'the-bus' } } },
        },
        Next: {
          Parameters: { Port: { Type: 'Number', Default: 8883 }, Ca: { Type: 'String', Default: 'amazon' } },
          Resources: {
            It: {
              Type: 'T',
              Properties: {
                port: { Ref: 'Port' },
                ca: { Ref: 'Ca' },
                imported: { 'Fn::ImportValue': 'the-bus' },
                output: { 'Fn::GetStackOutput': { StackName: 'Base', OutputName: 'Name' } },
              },
            },
          },
        },
      },
      { Next: { Port: '41234' } },
    );

    expect(made.at(-1)?.properties).toEqual({ port: '41234', ca: 'amazon', imported: 'ref-Bus', output: 'ref-Bus' });
  });

  it.each<[string, JsonObject, RegExp]>([
    ['a circle', { Resources: { A: { Type: 'T', DependsOn: 'B' }, B: { Type: 'T', DependsOn: 'A' } } }, /A → B → A/],
    ['a reference to nothing', { Resources: { A: { Type: 'T', DependsOn: 'B' } } }, /A refers to B, which is nowhere/],
    ['an unknown section', { Transform: 'AWS::Serverless', Resources: {} }, /Transform/],
    ['an unknown rule', { Rules: { Mine: {} }, Resources: {} }, /Mine/],
    [
      'an unknown attribute of a declaration',
      { Resources: { A: { Type: 'T', CreationPolicy: {} } } },
      /CreationPolicy/,
    ],
    ['a parameter without a value', { Parameters: { P: { Type: 'String' } }, Resources: {} }, /P needs a value/],
    [
      'the use of a parameter from Systems Manager',
      {
        Parameters: { P: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/x' } },
        Resources: { A: { Type: 'T', Properties: { p: { Ref: 'P' } } } },
      },
      /S\/A \(T\): P does not exist/,
    ],
  ])('refuses %s', async (_, template, message) => {
    await expect(deployed({ S: template })).rejects.toThrow(message);
  });

  it('refuses a value for a parameter that the template does not have', async () => {
    await expect(deployed({ S: { Resources: {} } }, { S: { Colour: 'red' } })).rejects.toThrow(/no parameter Colour/);
  });
});
