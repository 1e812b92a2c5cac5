import { expect, test } from '@jest/globals';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts';

const owned = [
  { topic: 'a', partition: 0 },
  { topic: 'b', partition: 1 },
  { topic: 'a', partition: 2 },
];

test('a subscription has the bytes of ConsumerProtocol version 3', () => {
  const subscription = {
    topics: ['a'],
    userData: Buffer.from([9]),
    owned: [{ topic: 'a', partition: 2 }],
    generation: 5,
  };
  expect(encodeSubscription(subscription).toString('hex')).toBe(
    [
      '0003',
      '00000001',
      '0001',
      '61',
      '00000001',
      '09',
      '00000001',
      '0001',
      '61',
      '00000001',
      '00000002',
      '00000005',
      'ffff',
    ].join(''),
  );
});

test('an assignment has the bytes of ConsumerProtocol version 1', () => {
  expect(
    encodeAssignment({ partitions: [{ topic: 'a', partition: 2 }], userData: Buffer.from([9]) }).toString('hex'),
  ).toBe(['0001', '00000001', '0001', '61', '00000001', '00000002', '00000001', '09'].join(''));
});

test('both come back as they were, grouped by topic', () => {
  const subscription = { topics: ['a', 'ü'], userData: Buffer.from('data'), owned, generation: 3 };
  const sorted = [owned[0], owned[2], owned[1]];
  expect(decodeSubscription(encodeSubscription(subscription))).toEqual({ ...subscription, owned: sorted });
  const assignment = { partitions: owned, userData: Buffer.alloc(0) };
  expect(decodeAssignment(encodeAssignment(assignment))).toEqual({ ...assignment, partitions: sorted });
});

test('older and newer versions are read as far as they go', () => {
  const v0 = Buffer.from('0000' + '00000001' + '000161' + 'ffffffff', 'hex');
  expect(decodeSubscription(v0)).toEqual({ topics: ['a'], userData: Buffer.alloc(0), owned: [], generation: -1 });
  const v1 = Buffer.from('0001' + '00000000' + '00000000' + '00000001' + '000161' + '00000001' + '00000007', 'hex');
  expect(decodeSubscription(v1)).toMatchObject({ owned: [{ topic: 'a', partition: 7 }], generation: -1 });
  const v9 = Buffer.concat([
    encodeSubscription({ topics: [], userData: Buffer.alloc(0), owned, generation: 1 }),
    Buffer.alloc(9),
  ]);
  v9.writeInt16BE(9);
  expect(decodeSubscription(v9)).toMatchObject({ generation: 1 });
});

test('no assignment at all is an empty one; a lie about a length is refused', () => {
  expect(decodeAssignment(Buffer.alloc(0))).toEqual({ partitions: [], userData: Buffer.alloc(0) });
  expect(() => decodeSubscription(Buffer.from('0003' + '00000002' + '00ff61', 'hex'))).toThrow('out of range');
});
