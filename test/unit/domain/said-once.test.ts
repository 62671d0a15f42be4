// Who grants what a message of the compiler is about is named once.

import { expect, it } from 'vitest';
import type { Granted } from '#domain/permission-compiler.ts';
import { saidOnce } from '#domain/said-once.ts';

const granted = (from: string): Granted => ({
  permission: { resource: 'a', operation: 'read', context: 'mqtt', allowRetain: false },
  from,
  plusMode: 'exact',
});
const MESSAGE = 'role c1: a/+/b cannot stand beside role c1: a/x/y/b: an IoT policy knows no wildcard for one level';

it('P-09: leaves the name out where all is granted by one', () => {
  expect(saidOnce([granted('role c1'), granted('role c1')], MESSAGE)).toBe(
    'a/+/b cannot stand beside a/x/y/b: an IoT policy knows no wildcard for one level',
  );
});

it('P-09: keeps the names of several, and what is about nobody', () => {
  expect(saidOnce([granted('role c1'), granted('role c2')], MESSAGE)).toBe(MESSAGE);
  expect(saidOnce([], MESSAGE)).toBe(MESSAGE);
});
