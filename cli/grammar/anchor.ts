// Grammar of `vestibule anchor` and `vestibule truststore`.

import { type Command, Option } from 'commander';
import { ANCHOR_ACTS, type AnchorAct } from '#domain/anchor-acts.ts';
import { CERTIFICATE_MODES } from '#domain/trust-anchor.ts';
import { fingerprintArgument, tenantArgument } from '../arguments.ts';
import type { ChangeOptions, CrlOptions, RegisterOptions, UploadOptions } from '../commands/anchor.ts';
import type { ExportOptions } from '../commands/truststore.ts';
import type { ListOptions } from '../pages.ts';
import { type Act, examples, listing, remote, tenantOption } from './command.ts';

const load = () => import('../commands/anchor.ts');
const CA_FILE = "the CA's certificate, PEM";
const EXAMPLE = '5f1c9d27a84b3e60';

const ofAnchor = (command: Command) =>
  tenantOption(remote(command)).argument('<fingerprint>', 'SHA-256 of the CA certificate', fingerprintArgument);

const CHANGES: Readonly<Record<AnchorAct, string>> = {
  revoke: 'keep out every device of a CA, now, until it is restored',
  restore: 'let in again what nothing but the revocation of the CA keeps out',
  delete: 'revoke a CA and delete it; or drop an upload',
};

const addProof = (group: Command, act: Act) => {
  const upload = tenantOption(
    remote(group.command('upload').description('upload a CA certificate, and learn how to show that you have its key')),
  )
    .argument('<ca.pem>', `${CA_FILE}; those that signed it may follow in the file`)
    .addOption(
      new Option('--certificate-mode <mode>', 'how AWS IoT registers it; DEFAULT wants a second proof for the account')
        .choices(CERTIFICATE_MODES)
        .default('SNI_ONLY'),
    )
    .option('--allow-intermediate', 'an intermediate CA is meant to vouch by itself');
  examples(upload, 'anchor upload acme.pem --tenant acme');
  act(upload, async (context, file: string, options: UploadOptions) =>
    (await load()).uploadAnchor(context, file, options),
  );

  const challenge = ofAnchor(group.command('challenge').description('ask for another challenge for an upload'));
  act(challenge, async (context, anchor: string, options: { tenant: string }) =>
    (await load()).challengeAnchor(context, anchor, options),
  );

  const verify = ofAnchor(group.command('verify').description('show possession of the key: its devices may come then'))
    .argument('<verification.pem>', 'the certificate that the CA signed over the challenge')
    .option('--account-verification <file>', "the one over the account's registration code (mode DEFAULT)");
  examples(verify, `anchor verify ${EXAMPLE}… verification.pem --tenant acme`);
  act(
    verify,
    async (context, anchor: string, file: string, options: { tenant: string; accountVerification?: string }) =>
      (await load()).verifyAnchor(context, anchor, file, options),
  );

  const register = tenantOption(
    remote(group.command('register').description('register a CA certificate of a tenant; the operator vouches for it')),
  )
    .argument('[ca.pem]', CA_FILE)
    .option('--private-ca <arn>', 'a CA of AWS Private CA in the place of a file');
  examples(register, 'anchor register acme.pem --tenant acme');
  act(register, async (context, file: string | undefined, options: RegisterOptions) =>
    (await load()).registerAnchor(context, file, options),
  );
};

const addCrl = (group: Command, act: Act) => {
  const crl = group.command('crl').helpCommand(false).description("revocation lists that a CA's owner signed");
  const take = tenantOption(
    remote(crl.command('import').description('keep out what a revocation list names, now and later')),
  )
    .argument('<crl>', 'the list, PEM or DER')
    .requiredOption('--anchor <fingerprint>', 'whose list it is (required)', fingerprintArgument)
    .option('--dry-run', 'say what it would do, and change nothing');
  examples(take, `anchor crl import acme.crl --anchor ${EXAMPLE}… --tenant acme --dry-run`);
  act(take, async (context, file: string, options: CrlOptions) => (await load()).importCrl(context, file, options));
};

export const addAnchor = (program: Command, act: Act) => {
  const group = program.command('anchor').helpCommand(false).description('CA certificates that vouch for devices');
  addProof(group, act);

  const list = tenantOption(listing(group.command('list').description("list a tenant's trust anchors and uploads")));
  act(list, async (context, options: ListOptions & { tenant: string }) => (await load()).listAnchors(context, options));

  const show = ofAnchor(group.command('show').description('show a trust anchor, and how far its devices follow'));
  act(show, async (context, anchor: string, options: { tenant: string }) =>
    (await load()).showAnchor(context, anchor, options),
  );

  for (const change of ANCHOR_ACTS) {
    const command = ofAnchor(group.command(change).description(CHANGES[change]))
      .option('--dry-run', 'say whom it would touch, and change nothing')
      .option('--wait', 'until every device has followed');
    examples(command, `anchor ${change} ${EXAMPLE}… --tenant acme --dry-run`);
    act(command, async (context, anchor: string, options: ChangeOptions) =>
      (await load()).changeAnchor(context, change, anchor, options),
    );
  }
  addCrl(group, act);
};

export const addTruststore = (program: Command, act: Act) => {
  const group = program
    .command('truststore')
    .helpCommand(false)
    .description('the CA certificates that are trusted now');
  const take = remote(group.command('export').description('print all of them as one PEM file'))
    .option('--tenant <tenant>', "only this tenant's (default: all)", tenantArgument)
    .option('--out <file>', 'write it there');
  examples(take, 'truststore export --tenant acme --out acme-cas.pem');
  act(take, async (context, options: ExportOptions) =>
    (await import('../commands/truststore.ts')).exportTruststore(context, options),
  );
};
