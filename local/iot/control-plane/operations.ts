// Every operation that the embedded IoT Core has, by its name in the API.

import type { Context } from './context.ts';
import { addThingToThingGroup } from './operations/add-thing-to-thing-group.ts';
import { attachPolicy } from './operations/attach-policy.ts';
import { attachThingPrincipal } from './operations/attach-thing-principal.ts';
import { createDomainConfiguration } from './operations/create-domain-configuration.ts';
import { createPolicy } from './operations/create-policy.ts';
import { createPolicyVersion } from './operations/create-policy-version.ts';
import { createThing } from './operations/create-thing.ts';
import { createThingGroup } from './operations/create-thing-group.ts';
import { deleteCaCertificate } from './operations/delete-ca-certificate.ts';
import { deleteDomainConfiguration } from './operations/delete-domain-configuration.ts';
import { deletePolicy } from './operations/delete-policy.ts';
import { deletePolicyVersion } from './operations/delete-policy-version.ts';
import { deleteThing } from './operations/delete-thing.ts';
import { deleteThingGroup } from './operations/delete-thing-group.ts';
import { describeCaCertificate } from './operations/describe-ca-certificate.ts';
import { describeCertificate } from './operations/describe-certificate.ts';
import { describeDomainConfiguration } from './operations/describe-domain-configuration.ts';
import { describeEndpoint } from './operations/describe-endpoint.ts';
import { describeEventConfigurations } from './operations/describe-event-configurations.ts';
import { describeThing } from './operations/describe-thing.ts';
import { describeThingGroup } from './operations/describe-thing-group.ts';
import { detachPolicy } from './operations/detach-policy.ts';
import { detachThingPrincipal } from './operations/detach-thing-principal.ts';
import { getPolicy } from './operations/get-policy.ts';
import { getRegistrationCode } from './operations/get-registration-code.ts';
import { listAttachedPolicies } from './operations/list-attached-policies.ts';
import { listCaCertificates } from './operations/list-ca-certificates.ts';
import { listCertificates } from './operations/list-certificates.ts';
import { listCertificatesByCa } from './operations/list-certificates-by-ca.ts';
import { listPolicyVersions } from './operations/list-policy-versions.ts';
import { listPrincipalThings } from './operations/list-principal-things.ts';
import { listPrincipalThingsV2 } from './operations/list-principal-things-v2.ts';
import { listTagsForResource } from './operations/list-tags-for-resource.ts';
import { listThingGroupsForThing } from './operations/list-thing-groups-for-thing.ts';
import { listThingPrincipals } from './operations/list-thing-principals.ts';
import { listThingPrincipalsV2 } from './operations/list-thing-principals-v2.ts';
import { listThings } from './operations/list-things.ts';
import { listThingsInThingGroup } from './operations/list-things-in-thing-group.ts';
import { registerCaCertificate } from './operations/register-ca-certificate.ts';
import { removeThingFromThingGroup } from './operations/remove-thing-from-thing-group.ts';
import { setDefaultPolicyVersion } from './operations/set-default-policy-version.ts';
import { updateCaCertificate } from './operations/update-ca-certificate.ts';
import { updateCertificate } from './operations/update-certificate.ts';
import { updateDomainConfiguration } from './operations/update-domain-configuration.ts';
import { updateEventConfigurations } from './operations/update-event-configurations.ts';

/** Reads or changes the state in one go, so that two requests never interleave. @throws IotError */
type Operation = (context: Context, input: never) => object;

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  AddThingToThingGroup: addThingToThingGroup,
  AttachPolicy: attachPolicy,
  AttachThingPrincipal: attachThingPrincipal,
  CreateDomainConfiguration: createDomainConfiguration,
  CreatePolicy: createPolicy,
  CreatePolicyVersion: createPolicyVersion,
  CreateThing: createThing,
  CreateThingGroup: createThingGroup,
  DeleteCACertificate: deleteCaCertificate,
  DeleteDomainConfiguration: deleteDomainConfiguration,
  DeletePolicy: deletePolicy,
  DeletePolicyVersion: deletePolicyVersion,
  DeleteThing: deleteThing,
  DeleteThingGroup: deleteThingGroup,
  DescribeCACertificate: describeCaCertificate,
  DescribeCertificate: describeCertificate,
  DescribeDomainConfiguration: describeDomainConfiguration,
  DescribeEndpoint: describeEndpoint,
  DescribeEventConfigurations: describeEventConfigurations,
  DescribeThing: describeThing,
  DescribeThingGroup: describeThingGroup,
  DetachPolicy: detachPolicy,
  DetachThingPrincipal: detachThingPrincipal,
  GetPolicy: getPolicy,
  GetRegistrationCode: getRegistrationCode,
  ListAttachedPolicies: listAttachedPolicies,
  ListCACertificates: listCaCertificates,
  ListCertificates: listCertificates,
  ListCertificatesByCA: listCertificatesByCa,
  ListPolicyVersions: listPolicyVersions,
  ListPrincipalThings: listPrincipalThings,
  ListPrincipalThingsV2: listPrincipalThingsV2,
  ListTagsForResource: listTagsForResource,
  ListThingGroupsForThing: listThingGroupsForThing,
  ListThingPrincipals: listThingPrincipals,
  ListThingPrincipalsV2: listThingPrincipalsV2,
  ListThings: listThings,
  ListThingsInThingGroup: listThingsInThingGroup,
  RegisterCACertificate: registerCaCertificate,
  RemoveThingFromThingGroup: removeThingFromThingGroup,
  SetDefaultPolicyVersion: setDefaultPolicyVersion,
  UpdateCACertificate: updateCaCertificate,
  UpdateCertificate: updateCertificate,
  UpdateDomainConfiguration: updateDomainConfiguration,
  UpdateEventConfigurations: updateEventConfigurations,
};

/** Reads leave the state as it is. */
export const isRead = (operation: string): boolean => /^(Describe|Get|List)/.test(operation);
