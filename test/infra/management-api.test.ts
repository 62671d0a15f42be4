// The management API: every route of the contract, none without IAM.

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ROUTES, ROUTES_OF } from '#contracts/management-api.ts';
import { OUTPUT } from '#names/outputs.ts';
import { resourcesOf, synthesizedStacks } from '#support/synthesized-stacks.ts';

describe('management API', () => {
  const { onboarding } = synthesizedStacks();
  const routes = resourcesOf(onboarding, 'AWS::ApiGatewayV2::Route');

  it('G-01: has the routes of the contract and no others', () => {
    const keys = Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`);
    expect(routes.map(({ properties }) => properties['RouteKey']).toSorted()).toEqual(keys.toSorted());
  });

  it.each(Object.entries(ROUTES_OF))('G-01: hands to %s the routes that are its own', (name, own) => {
    const functionId = resourcesOf(onboarding, 'AWS::Lambda::Function').find(({ properties }) =>
      JSON.stringify(properties['Environment']).includes(`"POWERTOOLS_SERVICE_NAME":"${name}"`),
    )?.id;
    const integration = resourcesOf(onboarding, 'AWS::ApiGatewayV2::Integration').find(
      ({ properties }) => JSON.stringify(properties['IntegrationUri']) === `{"Fn::GetAtt":["${functionId}","Arn"]}`,
    )?.id;
    const handed = routes.filter(({ properties }) => JSON.stringify(properties['Target']).includes(`"${integration}"`));

    expect(handed.map(({ properties }) => properties['RouteKey']).toSorted()).toEqual(
      Object.values(own)
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    );
    onboarding.hasResourceProperties('AWS::Lambda::Permission', {
      FunctionName: { 'Fn::GetAtt': [functionId, 'Arn'] },
      Principal: 'apigateway.amazonaws.com',
    });
  });

  it('R-07: asks IAM on every route', () => {
    for (const { properties } of routes) expect(properties['AuthorizationType']).toBe('AWS_IAM');
  });

  it('R-07: keeps what a tenant must not do out of the paths that begin with /tenants/', () => {
    const outside = Object.values(ROUTES).filter(
      ({ path }) => !path.startsWith('/operator/') && !/^\/tenants\/\{tenant\}(\/|$)/.test(path),
    );
    expect(outside).toEqual([]);
  });

  it('hands requests over as payload version 2.0', () => {
    onboarding.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationType: 'AWS_PROXY',
      PayloadFormatVersion: '2.0',
    });
  });

  it('logs who called what, and slows down a caller that goes wild', () => {
    onboarding.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      AccessLogSettings: {
        DestinationArn: Match.anyValue(),
        Format: Match.stringLikeRegexp(String.raw`\$context\.identity\.userArn`),
      },
      DefaultRouteSettings: { ThrottlingRateLimit: Match.anyValue(), ThrottlingBurstLimit: Match.anyValue() },
    });
  });

  it('says its address in the output that the command line reads', () => {
    onboarding.hasOutput(OUTPUT.apiUrl, {});
  });
});
