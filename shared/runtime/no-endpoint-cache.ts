// Stands in for the cache of discovered endpoints in the functions' bundles: the client of DynamoDB makes one, and asks it
// only where endpoint discovery is turned on (AWS SDKs and Tools reference guide, Endpoint discovery), which is nowhere here.

export class EndpointCache {
  getEndpoint(): never {
    throw new Error('endpoint discovery is left out of the bundles; see infra/constructs/onboarding-function.ts');
  }
}
