// Stands in for the SDK's event streams in the functions' bundles: the clients of Lambda and S3 ask for them when they are
// made, and their core when an operation streams events, which none of ours does.

export const eventStreamSerdeProvider = (): undefined => undefined;
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

export class EventStreamSerde {
  constructor() {
    throw new Error(
      'operations that stream events are left out of the bundles; see infra/constructs/onboarding-function.ts',
    );
  }
}
