// Intrinsic functions of CloudFormation: exact, and an error for whatever is unknown.

import { describe, expect, it } from 'vitest';
import { type Json, referencesIn, resolve, type Scope, TemplateError } from '#local/template/intrinsics.ts';

const missing = (what: string) => {
  throw new TemplateError(`${what} is missing`);
};

const scope: Scope = {
  parameters: new Map<string, Json>([
    ['AWS::Region', 'eu-central-1'],
    ['AWS::AccountId', '000000000000'],
    ['Port', '8883'],
    ['Zones', ['a', 'b']],
  ]),
  mappings: { Sizes: { small: { memory: 128 } } },
  conditions: {
    IsEu: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-central-1'] },
    IsUs: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
    Both: { 'Fn::And': [{ Condition: 'IsEu' }, { 'Fn::Not': [{ Condition: 'IsUs' }] }] },
    Either: { 'Fn::Or': [{ Condition: 'IsUs' }, { Condition: 'IsEu' }] },
  },
  ref: (id) => (id === 'Queue' ? 'http://queue' : missing(id)),
  attribute: (id, name) => (id === 'Queue' && name === 'Arn' ? 'arn:queue' : missing(`${id}.${name}`)),
  importValue: (name) => (name === 'shared' ? 'imported' : missing(name)),
  stackOutput: (stack, output) => (stack === 'Registry' && output === 'Table' ? 'table' : missing(output)),
};

describe('resolve', () => {
  it.each<[string, Json, Json]>([
    ['Ref of a parameter', { Ref: 'Port' }, '8883'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-central-1'],
    ['Ref of a resource', { Ref: 'Queue' }, 'http://queue'],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:queue'],
    ['GetAtt as text', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:queue'],
    ['Join', { 'Fn::Join': [':', ['arn', { Ref: 'AWS::Region' }, 1]] }, 'arn:eu-central-1:1'],
    ['Join of a list that is referred to', { 'Fn::Join': ['+', { Ref: 'Zones' }] }, 'a+b'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub
    ['Sub', { 'Fn::Sub': '${AWS::Region}/${Queue}/${Queue.Arn}' }, 'eu-central-1/http://queue/arn:queue'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub
    ['Sub with a literal', { 'Fn::Sub': '${!iot:ClientId}-${Port}' }, '${iot:ClientId}-8883'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub
    ['Sub with variables of its own', { 'Fn::Sub': ['${a}${Port}', { a: { Ref: 'Queue' } }] }, 'http://queue8883'],
    ['Select', { 'Fn::Select': [1, ['a', 'b']] }, 'b'],
    ['Select from Split', { 'Fn::Select': ['2', { 'Fn::Split': ['/', 'x/y/z'] }] }, 'z'],
    ['If', { 'Fn::If': ['IsEu', 'yes', 'no'] }, 'yes'],
    ['If of the other branch', { 'Fn::If': ['IsUs', 'yes', 'no'] }, 'no'],
    ['If over And and Not', { 'Fn::If': ['Both', 1, 2] }, 1],
    ['If over Or', { 'Fn::If': ['Either', 1, 2] }, 1],
    ['NoValue leaves a property out', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
    ['NoValue leaves an element out', [1, { 'Fn::If': ['IsUs', 2, { Ref: 'AWS::NoValue' }] }, 3], [1, 3]],
    ['ImportValue', { 'Fn::ImportValue': 'shared' }, 'imported'],
    [
      'GetStackOutput of this Region',
      { 'Fn::GetStackOutput': { StackName: 'Registry', OutputName: 'Table', Region: { Ref: 'AWS::Region' } } },
      'table',
    ],
    ['FindInMap', { 'Fn::FindInMap': ['Sizes', 'small', 'memory'] }, 128],
    [
      'plain data, conditions of IAM among it',
      { Condition: { Bool: { x: 'false' } } },
      { Condition: { Bool: { x: 'false' } } },
    ],
  ])('%s', (_, value, expected) => {
    expect(resolve(value, scope)).toEqual(expected);
  });

  it.each<[string, Json, RegExp]>([
    ['an unknown function', { 'Fn::Base64': 'x' }, /unknown intrinsic function Fn::Base64/],
    ['an unknown pseudo parameter', { Ref: 'AWS::Moon' }, /AWS::Moon/],
    ['a resource that does not exist', { Ref: 'Nowhere' }, /Nowhere is missing/],
    ['an attribute that does not exist', { 'Fn::GetAtt': ['Queue', 'Colour'] }, /Queue.Colour/],
    ['an intrinsic beside other keys', { Ref: 'Queue', Other: 1 }, /stands beside/],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub
    ['an unknown name in Sub', { 'Fn::Sub': '${Nowhere}' }, /Nowhere is missing/],
    ['a list where Join wants text', { 'Fn::Join': ['', [['a']]] }, /expected text/],
    ['an element that is not there', { 'Fn::Select': [5, ['a']] }, /no element/],
    ['an unknown condition', { 'Fn::If': ['IsMars', 1, 2] }, /unknown condition IsMars/],
    [
      'an output of another Region',
      { 'Fn::GetStackOutput': { StackName: 'R', OutputName: 'T', Region: 'x' } },
      /Region/,
    ],
    [
      'a role for another account',
      { 'Fn::GetStackOutput': { StackName: 'R', OutputName: 'T', RoleArn: 'x' } },
      /RoleArn/,
    ],
    ['a key that the map lacks', { 'Fn::FindInMap': ['Sizes', 'large', 'memory'] }, /nothing under/],
    ['NoValue in place of everything', { Ref: 'AWS::NoValue' }, /NoValue/],
  ])('refuses %s', (_, value, message) => {
    expect(() => resolve(value, scope)).toThrow(message);
  });
});

describe('referencesIn', () => {
  it('finds what a value depends on, in every branch and not in literals', () => {
    const value: Json = {
      a: { 'Fn::If': ['IsEu', { Ref: 'A' }, { 'Fn::GetAtt': ['B', 'Arn'] }] },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub
      b: [{ 'Fn::Sub': ['${C.Arn} ${!D} ${own}', { own: { Ref: 'E' } }] }, { 'Fn::GetAtt': 'F.Nested.Name' }],
    };

    expect(new Set(referencesIn(value))).toEqual(new Set(['A', 'B', 'C', 'E', 'F']));
  });
});
