import { expect, test } from 'vitest';
import { certificatesOf } from '#domain/device.ts';
import { certificateId } from '#domain/ids.ts';

const [one, two, three] = [1, 2, 3].map((n) => certificateId(n.toString(16).padStart(64, '0')));

test('V-04: a device is every certificate that may be used as it: its newest, the former one and those beside it', () => {
  if (!one || !two || !three) throw new Error('expected three certificates');
  expect(certificatesOf({ certificateId: one, former: null, others: [] })).toEqual([one]);
  expect(certificatesOf({ certificateId: one, former: { certificateId: two, until: 1 }, others: [three] })).toEqual([
    one,
    two,
    three,
  ]);
});
