// The programs that the tests of test/tools run beside Node. One that is missing fails the run: nothing is skipped.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** program → Debian package */
const PACKAGES = {
  bash: 'bash',
  stdbuf: 'coreutils',
  openssl: 'openssl',
  curl: 'curl',
  mosquitto_sub: 'mosquitto-clients',
  mosquitto_pub: 'mosquitto-clients',
} as const;

const isOn = (path: string, program: string): boolean =>
  path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** @param path as PATH @throws Error that says what to install */
export const requireTools = (path: string): void => {
  const missing = Object.entries(PACKAGES).filter(([program]) => !isOn(path, program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
  throw new Error(
    `${missing.map(([program]) => program).join(', ')} not found: install with "apt-get install ${packages}" (Debian), then run npm run test:tools again`,
  );
};

/** Before any test of the project. */
export default (): void => requireTools(process.env['PATH'] ?? '');
