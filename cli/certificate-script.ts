// A script that makes key, request, certificate and chain of a device with openssl (I-01, X-01). It is run where the
// tenant keeps its CA: the CA's key stays there, and none is ever sent (I-04).

import { CA_DAYS, DEVICE_DAYS } from '#domain/lifetimes.ts';
import type { NamingProfile } from '#domain/naming.ts';

export const SHELLS = ['bash', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** Attributes of a subject in their order. */
export type Subject = readonly (readonly [type: 'C' | 'ST' | 'O' | 'OU' | 'CN', value: string])[];

export type ScriptOptions = {
  readonly tenant: string;
  readonly profile: NamingProfile;
  readonly clientId: string;
  readonly cn: string;
  readonly country: string;
  readonly state: string;
  readonly organization: string;
  readonly unit: string;
};

/** As the guide of each platform has it. */
export const subjectOf = ({ profile, country, state, organization, unit, cn }: ScriptOptions): Subject =>
  profile === 'connectware'
    ? [
        ['C', country],
        ['O', organization],
        ['CN', cn],
      ]
    : [
        ['C', country],
        ['ST', state],
        ['O', organization],
        ['OU', unit],
        ['CN', cn],
      ];

/** As `openssl req -subj` takes it, where `/` begins an attribute and `+` adds one to the last. */
const subjectArgument = (subject: Subject): string =>
  subject.map(([type, value]) => `/${type}=${value.replace(/[\\/+]/g, '\\$&')}`).join('');

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** No word of a comment may end its line. */
const comment = (text: string): string => `# ${text}`;

type Language = {
  readonly extension: 'sh' | 'ps1';
  /** a word that the shell takes as it is */
  readonly quoted: (text: string) => string;
  readonly begin: readonly string[];
  /** runs `commands` when there is no such file */
  readonly unlessThere: (file: string, commands: readonly string[]) => readonly string[];
  /** ends the script when there is such a file */
  readonly refuseThere: (file: string) => readonly string[];
  readonly run: (command: string) => string;
  readonly join: (files: readonly string[], into: string) => string;
};

const plain = /^[\w./:=@%-]+$/;

const BASH: Language = {
  extension: 'sh',
  quoted: (text) => (plain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`),
  begin: [
    '#!/usr/bin/env bash',
    'set -euo pipefail',
    comment('what is made here is for nobody else to read'),
    'umask 077',
    comment('Git Bash on Windows would take a subject for a path'),
    'export MSYS_NO_PATHCONV=1',
  ],
  unlessThere: (file, commands) => [
    `if [ ! -e ${BASH.quoted(file)} ]; then`,
    ...commands.map((command) => `  ${command}`),
    'fi',
  ],
  refuseThere: (file) => [
    `if [ -e ${BASH.quoted(file)} ]; then`,
    `  echo ${BASH.quoted(`${file} is there already: move it away first`)} >&2`,
    '  exit 1',
    'fi',
  ],
  run: (command) => command,
  join: (files, into) => `cat ${files.map(BASH.quoted).join(' ')} > ${BASH.quoted(into)}`,
};

const POWERSHELL: Language = {
  extension: 'ps1',
  quoted: (text) => (plain.test(text) && !text.startsWith('@') ? text : `'${text.replaceAll("'", "''")}'`),
  begin: ["$ErrorActionPreference = 'Stop'"],
  unlessThere: (file, commands) => [
    `if (-not (Test-Path -LiteralPath ${POWERSHELL.quoted(file)})) {`,
    ...commands.map((command) => `  ${command}`),
    '}',
  ],
  refuseThere: (file) => [
    `if (Test-Path -LiteralPath ${POWERSHELL.quoted(file)}) {`,
    `  throw ${POWERSHELL.quoted(`${file} is there already: move it away first`)}`,
    '}',
  ],
  // a program that fails is no error to PowerShell
  run: (command) => `${command}; if ($LASTEXITCODE -ne 0) { throw 'openssl failed' }`,
  // `>` would write UTF-16 in Windows PowerShell
  join: (files, into) =>
    `Get-Content -LiteralPath ${files.map(POWERSHELL.quoted).join(', ')} | Set-Content -Encoding ascii -LiteralPath ${POWERSHELL.quoted(into)}`,
};

const LANGUAGES: Readonly<Record<Shell, Language>> = { bash: BASH, powershell: POWERSHELL };

/** `:` is no letter of a file's name on Windows, and what begins with `-` would be an option. */
const fileName = (cn: string): string => cn.replaceAll(':', '_').replace(/^-/, '_');

/** @throws nothing: whoever calls has checked that the subject gives the client id */
export const certificateScript = (shell: Shell, options: ScriptOptions): string => {
  const { begin, quoted, unlessThere, refuseThere, run, join } = LANGUAGES[shell];
  const { tenant, profile, clientId, cn } = options;
  const device = fileName(cn);
  const openssl = (...words: readonly string[]): string => run(`openssl ${words.map(quoted).join(' ')}`);
  const subject = (parts: Subject): readonly string[] => {
    const argument = subjectArgument(parts);
    return [...(isAscii(argument) ? [] : ['-utf8']), '-subj', argument];
  };
  const [caKey, ca] = [`${tenant}.key`, `${tenant}.pem`];
  const [key, csr, leaf, chain] = [`${device}.key`, `${device}.csr`, `${device}.pem`, `${device}_chain.pem`];
  const caSubject: Subject = [
    ['C', options.country],
    ['O', options.organization],
    ['CN', `${tenant}-ca`],
  ];
  const lines = [
    ...begin,
    '',
    comment(`A device of ${tenant} with the CN ${cn}: its client id is ${clientId} (naming ${profile}).`),
    comment(
      'Run this where the key of the CA is kept. That key stays here; the device gets its own key and its chain.',
    ),
    '',
    comment('the CA, where there is none yet'),
    ...unlessThere(caKey, [
      openssl('genrsa', '-out', caKey, '2048'),
      openssl(
        ...['req', '-x509', '-new', '-nodes', '-key', caKey, '-sha256', '-days', String(CA_DAYS)],
        ...[...subject(caSubject), '-out', ca],
      ),
    ]),
    '',
    comment('the device'),
    ...refuseThere(key),
    openssl('genrsa', '-out', key, '2048'),
    openssl('req', '-new', '-key', key, '-out', csr, ...subject(subjectOf(options))),
    openssl(
      ...['x509', '-req', '-in', csr, '-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-out', leaf],
      ...['-days', String(DEVICE_DAYS[profile]), '-sha256'],
    ),
    join([leaf, ca], chain),
    openssl('verify', '-CAfile', ca, chain),
  ];
  return `${lines.join('\n')}\n`;
};
