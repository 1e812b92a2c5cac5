import { murmur3, Serdes, subscription, subscriptionResponse, subscriptionKey, primaryKeyOf } from './index.ts';

// Values of Kafka Streams 4.3.1.
test.each([
  ['', -7122613646888064702n, -8341524471658347240n],
  ['e6', 1749433201822877999n, -2569965203808655134n],
  ['81eea493d8', -6546766003803373949n, 913423951892064702n],
  ['bd4b3ee273ef4ef168', -8089358127803125098n, -1749802974427671020n],
])('murmur3 of %s', (hex, h1, h2) => {
  const hash = murmur3(Buffer.from(hex, 'hex'));
  expect([hash.readBigInt64BE(0), hash.readBigInt64BE(8)]).toEqual([h1, h2]);
});

const hash = Buffer.from('0000000000000001fffffffffffffffe', 'hex');

test.each([
  [1, null, '8100706b00000003'],
  [1, hash, `0100${hash.toString('hex')}706b00000003`],
  [0, hash, `0000${hash.toString('hex')}706b`],
] as const)('a subscription of version %d with hash %s', (version, given, hex) => {
  const serde = subscription(Serdes.string(), 'topic-pk', version);
  const sent = { hash: given, instruction: 0, primaryKey: 'pk', primaryPartition: 3 } as const;
  const bytes = Buffer.from(serde.serialize('topic', sent));
  expect(bytes.toString('hex')).toBe(hex);
  expect(serde.deserialize('topic', bytes)).toEqual({ ...sent, primaryPartition: version === 0 ? null : 3 });
});

test('a response with an empty value reads as one without a value', () => {
  const serde = subscriptionResponse(Serdes.string());
  const bytes = Buffer.from(serde.serialize('topic', { hash, foreignValue: '', primaryPartition: 1 }));
  expect(bytes.toString('hex')).toBe(`00${hash.toString('hex')}`);
  expect(serde.deserialize('topic', bytes)).toEqual({ hash, foreignValue: null, primaryPartition: null });
});

test('bytes that are cut off are refused', () => {
  const serde = subscription(Serdes.string(), 'topic-pk', 1);
  expect(() => serde.deserialize('topic', Buffer.of(1, 0, 9))).toThrow(
    expect.objectContaining({ code: 'MR_SERDE_UNREADABLE' }),
  );
  expect(() => serde.deserialize('topic', Buffer.of(0x81, 7, 0, 0, 0, 0))).toThrow(/version/);
});

test('the key of a subscription begins with all that its foreign key has', () => {
  const key = subscriptionKey(Buffer.from('f1'), Buffer.from('a'));
  expect(key.toString('hex')).toBe('00000002663161');
  expect(primaryKeyOf(key).toString()).toBe('a');
});
