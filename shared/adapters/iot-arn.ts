// ARNs of IoT Core's resources in the account and region of the function.

export type ArnParts = { readonly partition: string; readonly region: string; readonly accountId: string };

/** @param path type and name, `cert/<id>` */
export const iotArn = ({ partition, region, accountId }: ArnParts, path: string): string =>
  `arn:${partition}:iot:${region}:${accountId}:${path}`;
