// vestibule anchor register | list | show

import { readAnchorPem } from '#adapters/x509-certificates.ts';
import type { AnchorView } from '#contracts/trust-api.ts';
import type { Context } from '../context.ts';
import { contentOf, readCertificateFile } from '../input-files.ts';
import { fields, shownTime, table } from '../output.ts';
import { collect, type ListOptions, listText } from '../pages.ts';

const PROOF = { OPERATOR: 'an operator vouches for it' } as const satisfies Record<AnchorView['proof'], string>;

const anchorText = (anchor: AnchorView): string =>
  fields([
    ['fingerprint', anchor.fingerprint],
    ['tenant', anchor.tenant],
    ['state', anchor.state],
    ['subject', anchor.subject.replaceAll('\n', ', ')],
    ['valid', `${shownTime(anchor.validFrom)} to ${shownTime(anchor.validTo)}`],
    ['proof', PROOF[anchor.proof]],
    ['registered', `${shownTime(anchor.registeredAt)} by ${anchor.registeredBy}`],
  ]);

export const registerAnchor = async ({ output, connect }: Context, file: string, { tenant }: { tenant: string }) => {
  // Read here first: a private key must not leave this machine.
  const { pem: certificate } = contentOf(
    file,
    await readCertificateFile(file, 'the PEM certificate of a CA', readAnchorPem),
  );
  const api = await connect();
  const anchor = await output.progress(
    () => 'registering with IoT Core …',
    api('registerAnchor', { params: { tenant }, body: { certificate } }),
  );
  output.result(anchor, () => anchorText(anchor));
  output.note(
    `devices with a certificate of this CA are turned away at their first connect and let in at the next, unless their tenant wants a user or an approval first; see: vestibule device list --tenant ${tenant}`,
  );
};

export const listAnchors = async ({ output, connect }: Context, options: ListOptions & { tenant: string }) => {
  const api = await connect();
  const list = await collect(output, options, async (query) => {
    const { anchors, cursor } = await api('listAnchors', { params: { tenant: options.tenant }, query });
    return { items: anchors, cursor };
  });
  output.result({ anchors: list.items, cursor: list.cursor }, () =>
    listText(
      table(
        ['STATE', 'SUBJECT', 'VALID TO', 'FINGERPRINT'],
        list.items.map((anchor) => [
          anchor.state,
          anchor.subject.replaceAll('\n', ', '),
          shownTime(anchor.validTo),
          anchor.fingerprint,
        ]),
      ),
      list,
      `${options.tenant} has no trust anchor yet: vestibule anchor register <ca.pem> --tenant ${options.tenant}`,
    ),
  );
};

export const showAnchor = async ({ output, connect }: Context, anchor: string, { tenant }: { tenant: string }) => {
  const api = await connect();
  const found = await api('showAnchor', { params: { tenant, anchor } });
  output.result(found, () => `${anchorText(found)}\n${found.pem.trim()}`);
};
