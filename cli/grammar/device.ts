// Grammar of `vestibule device`.

import { type Command, Option } from 'commander';
import { CERTIFICATE_STATES } from '#domain/certificate.ts';
import { deviceArgument, fingerprintArgument, sinceArgument, tenantArgument } from '../arguments.ts';
import type { DeviceFilter, SteerOptions, Verb } from '../commands/device.ts';
import type { ListOptions } from '../pages.ts';
import { type Act, examples, listing, remote, tenantOption } from './command.ts';

const load = () => import('../commands/device.ts');
const DEVICE = 'a client id, or a certificate fingerprint';
/** One that is PENDING has no tenant yet, and stands in no tenant's list. */
const LISTED_STATES = CERTIFICATE_STATES.filter((state) => state !== 'PENDING');
const FINGERPRINT = '"$(openssl x509 -in device01.pem -noout -fingerprint -sha256 | cut -d= -f2)"';

type Help = { readonly does: string; readonly previewed?: true; readonly example?: string };

const VERBS: Readonly<Record<Verb, Help>> = {
  approve: { does: 'let a held device in' },
  reject: { does: 'turn a held device away' },
  retry: { does: 'decide again on a rejected device' },
  suspend: {
    does: 'keep a device out and end its session, whatever certificate it shows, until resume',
    previewed: true,
  },
  resume: { does: 'let a suspended device in again' },
  revoke: {
    does: 'keep a device and its certificates out for good: only a new certificate lets it in again',
    previewed: true,
  },
  block: {
    does: 'keep a certificate out, whether or not it ever came, and the device that it is; until unblock',
    previewed: true,
    example: `device block ${FINGERPRINT} --tenant acme`,
  },
  unblock: { does: 'take a certificate from the block list, and its device with it' },
};

const ofAnyTenant = (command: Command) =>
  command
    .option('--tenant <tenant>', "use this tenant's route (default: the operator's)", tenantArgument)
    .argument('<device>', DEVICE, deviceArgument);

const addLists = (group: Command, act: Act) => {
  const list = tenantOption(listing(group.command('list').description("list a tenant's devices")))
    .addOption(new Option('--state <STATE>', 'only those in this state').choices(LISTED_STATES))
    .option('--anchor <fingerprint>', 'only those under this trust anchor', fingerprintArgument)
    .option('--since <time>', 'only those decided since, e.g. 24h or 2026-01-31T12:00:00Z', sinceArgument(Date.now))
    .option('--prefix <text>', 'only client ids that begin so');
  examples(
    list,
    'device list --tenant acme --state HELD',
    'device list --tenant acme --state REJECTED --since 24h --json',
  );
  act(list, async (context, options: ListOptions & DeviceFilter & { tenant: string }) =>
    (await load()).listDevices(context, options),
  );

  const blocked = tenantOption(
    listing(group.command('blocked').description("list the fingerprints on a tenant's block list")),
  );
  act(blocked, async (context, options: ListOptions & { tenant: string }) =>
    (await load()).listBlocked(context, options),
  );
};

export const addDevice = (program: Command, act: Act) => {
  const group = program.command('device').helpCommand(false).description('what came, what was decided, and why');
  addLists(group, act);

  const show = ofAnyTenant(remote(group.command('show').description('show a device with its history')));
  examples(show, 'device show acme_device01', `device show ${FINGERPRINT}`);
  act(show, async (context, device: string, options: { tenant?: string }) =>
    (await load()).showDevice(context, device, options),
  );

  for (const verb of Object.keys(VERBS) as Verb[]) {
    const { does, previewed, example } = VERBS[verb];
    const command = ofAnyTenant(remote(group.command(verb).description(does)));
    if (previewed) command.option('--dry-run', 'say whom it would touch, and change nothing');
    const lines = [`device ${verb} acme_device01`, ...(previewed ? [`device ${verb} acme_device01 --dry-run`] : [])];
    examples(command, ...lines, ...(example === undefined ? [] : [example]));
    act(command, async (context, device: string, options: SteerOptions) =>
      (await load()).steerDevice(context, verb, device, options),
    );
  }
};
