// Grammar of `vestibule certificate`.

import { type Command, Option } from 'commander';
import { countryArgument, deviceArgument, fingerprintArgument, limitArgument, tenantArgument } from '../arguments.ts';
import { SHELLS } from '../certificate-script.ts';
import type { InspectOptions, IssueOptions, ScriptFlags } from '../commands/certificate.ts';
import { type Act, asJson, examples, remote, tenantOption } from './command.ts';
import { NAMING } from './tenant.ts';

const load = () => import('../commands/certificate.ts');
const INTENDED = 'the common name that it must have';

const addScript = (group: Command, act: Act) => {
  const script = tenantOption(
    asJson(
      group.command('script').description('print a script that makes key, request, certificate and chain by openssl'),
    ),
  )
    .requiredOption('--naming <profile>', `${NAMING} (required)`)
    .requiredOption('--cn <name>', "the device's common name (required)")
    .addOption(new Option('--shell <shell>', 'for which shell').choices(SHELLS).default('bash'))
    .option('--country <code>', 'C of the subject', countryArgument, 'DE')
    .option('--state <text>', 'ST of the subject, where the profile has one', 'ER')
    .option('--organization <text>', "O of the subject (default: the tenant's name)")
    .option('--unit <text>', 'OU of the subject, where the profile has one', 'IT');
  examples(
    script,
    'certificate script --tenant acme --naming eu1 --cn device01 > device01.sh',
    "certificate script --tenant plant-7 --naming connectware --cn machine-4 --organization 'Smart Factory, Inc.' --shell powershell",
  );
  act(script, async (context, options: ScriptFlags) => (await load()).printScript(context, options));
};

export const addCertificate = (program: Command, act: Act) => {
  const group = program
    .command('certificate')
    .helpCommand(false)
    .description('certificates of devices: how to make them, have them signed, look at them');
  addScript(group, act);

  const inspect = tenantOption(
    remote(group.command('inspect').description('check a certificate signing request by the rules of its tenant')),
  )
    .argument('<device.csr>', 'the request, PEM')
    .option('--cn <name>', INTENDED);
  examples(inspect, 'certificate inspect device01.csr --tenant acme --cn device01');
  act(inspect, async (context, file: string, options: InspectOptions) =>
    (await load()).inspectRequest(context, file, options),
  );

  const issue = tenantOption(
    remote(
      group.command('issue').description("have a tenant's CA in AWS Private CA sign a request; AWS charges for it"),
    ),
  )
    .requiredOption('--csr <file>', 'the request, PEM (required)')
    .option('--cn <name>', INTENDED)
    .option(
      '--days <n>',
      'for how long (default: as its naming profile has it, and no longer than the CA)',
      limitArgument,
    )
    .option('--anchor <fingerprint>', 'which CA signs, where the tenant has several', fingerprintArgument)
    .option('--out <file>', 'write the certificate and its CA to this file, which must not exist yet');
  examples(issue, 'certificate issue --csr device01.csr --tenant acme --out device01_chain.pem');
  act(issue, async (context, options: IssueOptions) => (await load()).issueCertificate(context, options));

  const show = remote(group.command('show').description("show a device's certificate"))
    .argument('<device>', 'a client id, or a certificate fingerprint', deviceArgument)
    .option('--tenant <tenant>', "use this tenant's route (default: the operator's)", tenantArgument);
  examples(show, 'certificate show acme_device01');
  act(show, async (context, device: string, options: { tenant?: string }) =>
    (await load()).showCertificate(context, device, options),
  );
};
