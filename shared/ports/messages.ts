// What leaves the system beside IoT Core: announcements, commands, and events that could never succeed.

import type { DomainEvent } from '#domain/domain-event.ts';
import type { ExpiryCursor } from '#domain/expiry.ts';
import type { AnchorId, CertificateId, TenantName } from '#domain/ids.ts';
import type { SweepCursor } from '#domain/sweep.ts';
import type { Page, PageRequest } from './trust-registry.ts';

export interface EventPublisher {
  /** Delivers all events or throws: a failed entry is a failure. */
  publish(events: readonly DomainEvent[]): Promise<void>;
}

/** Asks for a certificate's facts to be converged. The facts are in the registry; this only says where to look. */
export type ConvergeCommand = { readonly certificateId: CertificateId; readonly commandId: string };

export interface CommandQueue {
  send(command: ConvergeCommand): Promise<void>;
}

/** Asks for a permission set to be worked on; see contracts/permission-set-command.ts. */
export type PermissionSetCommand = {
  readonly act: 'apply' | 'disconnect' | 'collect';
  readonly tenant: TenantName;
  readonly permissionSet: string;
  readonly disconnect: boolean;
  readonly cursor: string | null;
  readonly commandId: string;
};

export interface PermissionSetQueue {
  /** @param delaySeconds at most 900 (Amazon SQS API reference, SendMessage) */
  send(command: PermissionSetCommand, delaySeconds?: number): Promise<void>;
}

/** Asks for work on what is trusted; see contracts/trust-command.ts. */
export type TrustCommand =
  | {
      readonly act: 'sweep';
      readonly anchorId: AnchorId;
      /** of the anchor, whose state is to be spread: a later one has its own command */
      readonly version: number;
      /** counted from 1 */
      readonly pass: number;
      /** null begins the pass */
      readonly cursor: SweepCursor | null;
      readonly commandId: string;
    }
  | { readonly act: 'truststore'; readonly commandId: string }
  | { readonly act: 'crl'; readonly anchorId: AnchorId; readonly cursor: string | null; readonly commandId: string }
  | {
      readonly act: 'expiry';
      /** null begins the run */
      readonly cursor: ExpiryCursor | null;
      readonly commandId: string;
    }
  /** tells the private CA that signed a certificate that it is revoked */
  | { readonly act: 'private-ca'; readonly certificateId: CertificateId; readonly commandId: string };

export interface TrustQueue {
  /** @param delaySeconds at most 900 (Amazon SQS API reference, SendMessage) */
  send(command: TrustCommand, delaySeconds?: number): Promise<void>;
}

/** An event that can never succeed, or that ran out of attempts, kept for an operator. */
export type RejectedEvent = {
  /** equal for every delivery of one message */
  readonly id: string;
  readonly at: number;
  /** which function refused it */
  readonly source: string;
  readonly code:
    | 'MALFORMED_EVENT'
    | 'FOREIGN_ACCOUNT'
    | 'ANCHOR_NOT_REGISTERED'
    | 'CERTIFICATE_NOT_FOUND'
    | 'UNEXPECTED_STATUS'
    | 'ATTEMPTS_EXHAUSTED';
  readonly reason: string;
  /** the message as it came, shortened to 4,096 characters */
  readonly body: string;
};

export interface RejectedEvents {
  /** Repeatable: the same id is kept once. */
  keep(event: RejectedEvent): Promise<void>;
  find(id: string): Promise<RejectedEvent | null>;
  listDay(day: string, page: PageRequest): Promise<Page<RejectedEvent>>;
}
